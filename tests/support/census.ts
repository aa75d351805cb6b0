import { execa } from "execa";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./guildnet.ts";

/** All that a stack could leave on a machine, as sorted lines. */
export interface Census {
  processes: string[];
  mounts: string[];
  /** Devices that have a volume's file. */
  loops: string[];
  links: string[];
  routes: string[];
  tables: string[];
  sockets: string[];
  cgroups: string[];
  kernelSettings: string[];
  files: string[];
}

const programs =
  /^(etcd|kube|containerd|runsv|svlogd|pasta|passt|slirp4netns|haproxy|socat|coredns|local-path|pause|runc|pulumi|unshare|flock)/;
const settings = [
  "kernel/panic",
  "kernel/panic_on_oops",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "net/ipv4/ip_forward",
  "net/netfilter/nf_conntrack_max",
  "kernel/keys/root_maxkeys",
];
/** Folders whose entries matter; of our own, those that belong to stacks rather than to tools. */
const folders = [
  "/var/lib",
  "/var/log",
  "/run",
  "/etc",
  "/opt",
  "/usr/libexec",
  ...[
    "clusters",
    "stacks/guildnet",
    "state/.pulumi/stacks",
    "state/.pulumi/locks/organization/guildnet",
    "state/.pulumi/history/guildnet",
    "state/.pulumi/backups/guildnet",
  ].map((name) => join(home, name)),
];

/** From here on the kernel gives ports to any program that asks for one (ip_local_port_range). */
const ephemeral = 32768;

/** Names that engine, plugins and tools give to temporary files; the test runner has its own there. */
const temporaries = /kubeconfig|pulumi|guildnet-state|buildah|containers/;

export async function census(): Promise<Census> {
  return {
    processes: processes(),
    mounts: lines(readFileSync("/proc/self/mountinfo", "utf8")).map((line) => line.split(" ")[4] ?? ""),
    loops: (await output("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE")).filter((line) =>
      /\/\.[^/]+\.ext4( \(deleted\))?$/.test(line),
    ),
    links: await output("ip", "-o", "link").then((text) => text.map((line) => line.split(": ")[1] ?? "")),
    routes: await output("ip", "route", "show", "table", "all"),
    tables: await output("nft", "list", "tables"),
    sockets: (await output("ss", "-H", "-l", "-n", "-t"))
      .map((line) => line.split(/\s+/)[3] ?? "")
      .filter((socket) => Number(socket.split(":").at(-1)) < ephemeral),
    cgroups: cgroups("/sys/fs/cgroup"),
    kernelSettings: settings
      .filter((name) => existsSync(`/proc/sys/${name}`))
      .map((name) => `${name}=${readFileSync(`/proc/sys/${name}`, "utf8").trim()}`),
    files: [...folders.flatMap(entries), ...entries("/tmp").filter((path) => temporaries.test(path))],
  };
}

/** What one census has that the other has not. */
export function added(before: Census, after: Census): Partial<Census> {
  const differences = (Object.keys(before) as (keyof Census)[]).map(
    (key) => [key, after[key].filter((entry) => !before[key].includes(entry))] as const,
  );
  return Object.fromEntries(differences.filter(([, entries]) => entries.length > 0));
}

/** Programs of clusters and engines, by number, so that one that was replaced counts. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const path = join("/proc", pid, "comm");
      try {
        const name = readFileSync(path, "utf8").trim();
        return programs.test(name) ? [`${name} ${pid}`] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function cgroups(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return [
        ...(entry.name.startsWith("guildnet-") ? [path] : []),
        ...(folder === "/sys/fs/cgroup" ? cgroups(path) : []),
      ];
    });
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

async function output(command: string, ...args: string[]): Promise<string[]> {
  return lines((await execa(command, args)).stdout);
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .sort();
}
