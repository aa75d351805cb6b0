// Command cert-manager is cert-manager's controller, webhook and cainjector in one binary: one link
// step instead of three. Upstream's own commands are modules that the Go proxy can't serve, so this
// one is written over upstream's library. The name it is called by selects the program; each reads
// all of its settings from the file that --config names, as upstream's do.
//
// The issuers of Vault and Venafi are left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/cert-manager/cert-manager/pkg/util/configfile"
	ctrl "sigs.k8s.io/controller-runtime"
)

var programs = map[string]func(ctx context.Context, settings string) error{
	"controller": runController,
	"webhook":    runWebhook,
	"cainjector": runCAInjector,
}

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string, args []string) error {
	program, known := programs[name]
	if !known {
		return fmt.Errorf("unknown program %q: want controller, webhook or cainjector", name)
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	settings := flags.String("config", "", "file with the program's configuration object")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *settings == "" || flags.NArg() > 0 {
		return fmt.Errorf("%s takes --config and nothing else", name)
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	logs.InitLogs()
	defer logs.FlushLogs()
	ctrl.SetLogger(logs.Log)
	logs.Log.Info("starting", "program", name, "version", util.VersionInfo().GitVersion)
	return program(logs.NewContext(ctx, logs.Log, name), *settings)
}

// load reads a configuration object, with upstream's defaults for what it does not say.
func load(path string, into configfile.ConfigFile) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	loader, err := configfile.NewConfigurationFSLoader(nil, absolute)
	if err != nil {
		return err
	}
	return loader.Load(into)
}
