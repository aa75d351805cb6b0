// Command headscale is upstream's program, which takes its version from the module that is built;
// here that is this one, so it is told the version of the module it comes from.
package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/juanfont/headscale/cmd/headscale/cli"
	"github.com/juanfont/headscale/hscontrol/types"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
)

const upstream = "github.com/juanfont/headscale"

func main() {
	version := *types.GetVersionInfo()
	version.Version = upstreamVersion()
	types.GetVersionInfo = func() *types.VersionInfo { return &version }

	zerolog.TimeFieldFormat = zerolog.TimeFormatUnix
	log.Logger = log.Output(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.RFC3339, NoColor: true})
	cli.Execute()
}

func upstreamVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dependency := range info.Deps {
		if dependency.Path == upstream {
			return dependency.Version
		}
	}
	return "unknown"
}
