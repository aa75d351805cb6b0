// What Talos calls runc: asks of the kernel no more than this machine can give, then becomes the real runc.
// On a machine that can give all of it nothing is changed.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const runc = "/usr/libexec/runc"

// Of https://github.com/torvalds/linux/blob/master/include/uapi/linux/capability.h, by number.
var capabilities = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
	SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

type object = map[string]any

func main() {
	if err := adapt(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "runc of the Talos test machine:", err)
		os.Exit(1)
	}
	err := syscall.Exec(runc, append([]string{"runc"}, os.Args[1:]...), os.Environ())
	fmt.Fprintln(os.Stderr, "runc of the Talos test machine:", err)
	os.Exit(1)
}

// adapt edits the files that describe a container (create, run) or a process in one (exec).
func adapt(args []string) error {
	if bundle := option(args, "bundle", "b"); bundle != "" {
		return edit(filepath.Join(bundle, "config.json"), func(container object) {
			mounts(container)
			if process, ok := container["process"].(object); ok {
				grantable(process)
			}
		})
	}
	if process := option(args, "process", "p"); process != "" {
		return edit(process, grantable)
	}
	return nil
}

// option is the value of `--long x`, `--long=x` or `-s x`; nothing where it is not given.
func option(args []string, long, short string) string {
	for i, arg := range args {
		if value, found := strings.CutPrefix(arg, "--"+long+"="); found {
			return value
		}
		if (arg == "--"+long || arg == "-"+short) && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func edit(path string, change func(object)) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // runc tells of it
	}
	if err != nil {
		return err
	}
	var document object
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	change(document)
	changed, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return os.WriteFile(path, changed, 0o644)
}

// grantable drops what only a process with more capabilities than this one could grant: of it runc dies.
func grantable(process object) {
	if wanted, ok := process["oomScoreAdj"].(float64); ok && !bounded("SYS_RESOURCE") {
		process["oomScoreAdj"] = max(wanted, own())
	}
	sets, _ := process["capabilities"].(object)
	for name, set := range sets {
		list, _ := set.([]any)
		kept := []any{}
		for _, capability := range list {
			if text, _ := capability.(string); bounded(strings.TrimPrefix(text, "CAP_")) {
				kept = append(kept, capability)
			}
		}
		sets[name] = kept
	}
}

// own is this process's oom_score_adj.
func own() float64 {
	text, _ := os.ReadFile("/proc/self/oom_score_adj")
	score, _ := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return score
}

// bounded says whether a capability can be had here at all.
func bounded(name string) bool {
	status, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(status), "CapBnd:")
	line, _, _ := strings.Cut(after, "\n")
	mask, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	if err != nil {
		return true
	}
	for number, capability := range capabilities {
		if capability == name {
			return mask&(1<<number) != 0
		}
	}
	return false
}

// mounts changes two of Talos' own containers' mounts.
func mounts(container object) {
	list, _ := container["mounts"].([]any)
	for _, entry := range list {
		mount, _ := entry.(object)
		switch {
		case mount["destination"] == "/proc" && mount["type"] == "proc" && inHostPIDs(container):
			// What hides the machine's settings from Talos has to hide them from the kubelet too.
			mount["type"], mount["source"], mount["options"] = "bind", "/proc", []any{"rbind", "rw", "nosuid", "noexec", "nodev"}
		case mount["destination"] == "/sys/fs/cgroup" && mount["type"] == "bind":
			// Under cgroup v1 the controllers are mounts of their own below it.
			options, _ := mount["options"].([]any)
			for i, value := range options {
				if value == "bind" {
					options[i] = "rbind"
				}
			}
		}
	}
}

func inHostPIDs(container object) bool {
	linux, _ := container["linux"].(object)
	namespaces, _ := linux["namespaces"].([]any)
	for _, entry := range namespaces {
		if namespace, _ := entry.(object); namespace["type"] == "pid" {
			return false
		}
	}
	return true
}
