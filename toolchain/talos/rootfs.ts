import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLog } from "../log.ts";
import { runLogged } from "../run-logged.ts";
import { folderTool } from "../tools/folder-tool.ts";
import { goBuild } from "../tools/go-build.ts";
import { installLocked } from "../tools/require-tools.ts";
import type { SourceContext } from "../tools/source.ts";
import { imageBuilder } from "../tools/system-packages.ts";
import type { Tool } from "../tools/tool.ts";
import { VERSIONS } from "../versions.ts";
import { talosContainerd } from "./containerd.ts";
import { machined } from "./machined.ts";
import { patchesHash, talosSource } from "./source.ts";

/** What Talos runs beside its own programs. Debian's stand in for Talos' builds of them. */
const PACKAGES = [
  "nftables",
  "iptables",
  "kmod",
  "conntrack",
  "ca-certificates",
  "iproute2",
  "ebtables",
  "ethtool",
  "socat",
  "mount",
  "libseccomp2",
  "runc",
  "containernetworking-plugins",
];

/** Debian's own, which no start of Talos looks at. */
const SUPERFLUOUS = [
  "var/lib/apt",
  "var/lib/dpkg",
  "var/cache",
  "var/log",
  "usr/share/doc",
  "usr/share/man",
  "usr/share/locale",
  "usr/lib/modules",
  "etc/apt",
  "etc/localtime",
  "etc/os-release",
  "etc/hostname",
  "usr/sbin/init",
];

// As upstream's Dockerfile makes its root, from "The rootfs target" on:
// https://github.com/siderolabs/talos/blob/v1.13.0/Dockerfile#L702

const FOLDERS = [
  "boot/EFI",
  "etc/iscsi",
  "etc/nvme",
  "etc/lvm",
  "etc/containerd",
  "etc/cri/conf.d/hosts",
  "etc/kubernetes/manifests",
  "etc/cni/net.d",
  "etc/selinux/targeted/contexts/files",
  "usr/lib/firmware",
  "usr/lib/modules",
  "usr/etc",
  "usr/libexec/kubernetes",
  "usr/local/share",
  "usr/local/lib/kubelet/credentialproviders",
  "usr/share/spdx",
  "var/log",
  "var/cache",
  "mnt",
  "system",
  "opt/containerd/bin",
  "opt/containerd/lib",
  "opt/cni/bin",
  ".extra",
];

/** By path in the module. */
const FILES = {
  "hack/zoneinfo/Etc/UTC": "usr/share/zoneinfo/Etc/UTC",
  "hack/nfsmount.conf": "etc/nfsmount.conf",
  "hack/containerd.toml": "etc/containerd/config.toml",
  "hack/cri-containerd.toml": "etc/cri/containerd.toml",
  "hack/cri-plugin.part": "etc/cri/conf.d/00-base.part",
  "hack/lvm.conf": "etc/lvm/lvm.conf",
};

/** What Talos mounts its own over. */
const EMPTY = [
  "etc/extensions.yaml",
  "etc/resolv.conf",
  "etc/hosts",
  "etc/hostname",
  "etc/machine-id",
  "etc/cri/conf.d/cri.toml",
  "etc/cri/conf.d/01-registries.part",
  "etc/cri/conf.d/20-customization.part",
  "etc/cri/conf.d/base-spec.json",
  "etc/selinux/targeted/contexts/files/file_contexts",
  "etc/iscsi/initiatorname.iscsi",
  "etc/nvme/hostid",
  "etc/nvme/hostnqn",
];

/** Talos and its containerd look into /usr/bin alone. */
const IN_SBIN = [
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
  "nft",
  "ebtables",
  "conntrack",
  "ethtool",
];

/** As machined's own library writes it, which says where a node's version is from. */
const OS_RELEASE = [
  'NAME="Talos"',
  "ID=talos",
  `VERSION_ID=v${VERSIONS.talos.version}`,
  `PRETTY_NAME="Talos (v${VERSIONS.talos.version})"`,
  "",
].join("\n");

const wrapper = readFileSync(fileURLToPath(new URL("../go/talos-runc/main.go", import.meta.url)));
const recipe = createHash("sha256")
  .update(JSON.stringify([PACKAGES, SUPERFLUOUS, FOLDERS, FILES, EMPTY, IN_SBIN]))
  .update(wrapper)
  .digest("hex")
  .slice(0, 8);

/** The root folder of Talos' container image: a real machined and containerd, and Debian for the rest of what Talos' own has. */
export const talosRootfs = folderTool({
  name: "talos-rootfs",
  title: `The root of Talos ${VERSIONS.talos.version}`,
  version: VERSIONS.talos.version,
  revision: `${patchesHash()}-${VERSIONS["talos-containerd"].version}-${recipe}`,
  files: ["rootfs/sbin/init", "rootfs/usr/bin/containerd", "rootfs/usr/libexec/runc", "rootfs/usr/etc/in-container"],
  sources: [{ kind: "registries", available: async () => true, provide }],
});

async function provide(folder: string, context: SourceContext): Promise<void> {
  const { log, report } = context;
  await made(imageBuilder, context);
  const [system, runtime] = [await made(machined, context), await made(talosContainerd, context)];
  const root = join(folder, "rootfs");
  report("making the Debian that Talos' own programs are put into");
  await runLogged("mmdebstrap", ["--variant=minbase", `--include=${PACKAGES.join(",")}`, "bookworm", root], {
    log,
    onLine: report,
  });
  const within = (path: string): string => join(root, path);
  const put = (from: string, path: string, mode: number): void => {
    mkdirSync(dirname(within(path)), { recursive: true });
    rmSync(within(path), { force: true });
    copyFileSync(from, within(path));
    chmodSync(within(path), mode);
  };
  cpSync(within("usr/lib/cni"), within("opt/cni/bin"), { recursive: true });
  put(within("usr/sbin/runc"), "usr/libexec/runc", 0o755);
  for (const path of [...SUPERFLUOUS, "usr/sbin/runc", "usr/lib/cni"])
    rmSync(within(path), { recursive: true, force: true });
  for (const path of FOLDERS) mkdirSync(within(path), { recursive: true });

  put(join(system, "bin/machined"), "usr/sbin/init", 0o755);
  for (const name of ["usr/sbin/poweroff", "usr/sbin/shutdown", "usr/bin/dashboard"]) {
    rmSync(within(name), { force: true });
    linkSync(within("usr/sbin/init"), within(name));
  }
  for (const name of ["containerd", "containerd-shim-runc-v2"])
    put(join(runtime, "bin", name), `usr/bin/${name}`, 0o755);
  await goBuild({ module: "talos-runc", command: ".", variables: {}, output: within("usr/bin/runc") }, context);

  const source = await talosSource(context);
  for (const [from, to] of Object.entries(FILES)) put(join(source, from), to, 0o644);
  writeFileSync(within("etc/os-release"), OS_RELEASE);
  symlinkSync("/usr/share/zoneinfo/Etc/UTC", within("etc/localtime"));
  for (const path of EMPTY) writeFileSync(within(path), "");
  for (const name of IN_SBIN) {
    rmSync(within(`usr/bin/${name}`), { force: true });
    symlinkSync(`../sbin/${name}`, within(`usr/bin/${name}`));
  }
  // By this file machined knows that it runs in a container.
  writeFileSync(within("usr/etc/in-container"), "true\n");
}

/** The folder of another tool, made where it is missing. */
async function made(tool: Tool, { home, report }: SourceContext): Promise<string> {
  await installLocked(tool, { home, offline: true, report, log: openLog(home, tool.name) });
  const found = tool.find(home);
  if (found === undefined) throw new Error(`${tool.name} was installed and is not there`);
  return found.path;
}
