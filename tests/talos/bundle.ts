import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface BundleOptions {
  readonly name: string;
  /** The root folder of a release of Talos. */
  readonly rootfs: string;
  /** Of the node's own files: `entry.sh`, `hostname`, `hosts`, `resolv.conf`, and a folder for each volume. */
  readonly folder: string;
  /** Path of its network namespace. */
  readonly network: string;
  readonly cgroup: string;
  /** Its config, as a cloud would hand it over. @default none: it waits for one */
  readonly config?: string;
}

/** What stays over a restart, by the path in the node; as Talos' own client has Docker keep it. */
export const VOLUMES = ["/var", "/system/state", "/etc/cni", "/etc/kubernetes", "/usr/libexec/kubernetes", "/opt"];

/** The folder of a volume. */
export function volumeFolder(folder: string, path: string): string {
  return join(folder, "volumes", path.slice(1).replaceAll("/", "-"));
}

/** What Talos or the kubelet set for the whole machine, in a container too. */
export const SETTINGS = [
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "fs/aio-max-nr",
  "fs/inotify/max_user_instances",
];

/** By number: include/uapi/linux/capability.h. */
const CAPABILITIES =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

const nothing = ["nosuid", "noexec", "nodev"];

/**
 * An OCI bundle as Docker makes one for `talosctl cluster create docker`, a privileged container:
 * https://github.com/siderolabs/talos/blob/v1.13.0/pkg/provision/providers/docker/node.go
 */
export function bundle({ name, rootfs, folder, network, cgroup, config }: BundleOptions): object {
  const capabilities = held(readFileSync("/proc/self/status", "utf8"));
  const own = (file: string, destination = `/etc/${file}`): object => ({
    destination,
    type: "bind",
    source: join(folder, file),
    options: ["rbind", "rprivate", "rw"],
  });
  return {
    ociVersion: "1.0.2",
    hostname: name,
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["/bin/sh", "/run/guildnet-entry.sh", ...SETTINGS],
      cwd: "/",
      env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PLATFORM=container",
        "TALOSSKU=2CPU-2048RAM",
        "container=talos",
        ...(config === undefined ? [] : [`USERDATA=${Buffer.from(config).toString("base64")}`]),
      ],
      noNewPrivileges: false,
      oomScoreAdj: 0,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: rootfs, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: nothing },
      {
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=64m"],
      },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...nothing, "mode=1777", "size=64m"] },
      { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: nothing },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: nothing },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...nothing, "relatime", "rw"] },
      ...["/run", "/system", "/tmp"].map((destination) => ({
        destination,
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "nodev"],
      })),
      ...VOLUMES.map((destination) => ({
        destination,
        type: "bind",
        source: volumeFolder(folder, destination),
        options: ["rbind", "rw", "rprivate"],
      })),
      ...["hostname", "hosts", "resolv.conf"].map((file) => own(file)),
      own("entry.sh", "/run/guildnet-entry.sh"),
    ],
    linux: {
      cgroupsPath: `/${cgroup}`,
      rootfsPropagation: "private",
      // A network namespace that stays would give the next start the interfaces of the last one.
      namespaces: [
        ...["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
        { type: "network", path: network },
      ],
      devices: [
        { path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 0o644, uid: 0, gid: 0 },
        { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
        { path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o666, uid: 0, gid: 0 },
      ],
      resources: { devices: [{ allow: true, access: "rwm" }] },
    },
  };
}

/** All capabilities that can be had here. @param status /proc/self/status */
function held(status: string): string[] {
  const mask = BigInt(`0x${/^CapBnd:\s*([\da-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return CAPABILITIES.filter((_, number) => ((mask >> BigInt(number)) & 1n) === 1n).map((name) => `CAP_${name}`);
}
