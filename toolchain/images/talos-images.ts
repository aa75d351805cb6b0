import { realpathSync } from "node:fs";
import { link, rm } from "node:fs/promises";
import { join } from "node:path";
import { openLog } from "../log.ts";
import { kubernetes } from "../tools/kubernetes.ts";
import { installLocked } from "../tools/require-tools.ts";
import { place } from "./go-images.ts";
import { type Builder, runTool } from "./recipe.ts";

const PROGRAMS = [
  "etcd",
  "kubelet",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubectl",
];
/** What the kubelet and kube-proxy run. */
const PACKAGES = ["ca-certificates", "conntrack", "ethtool", "iptables", "kmod", "mount", "nftables", "socat"];
const SUPERFLUOUS = [
  "etc/hostname",
  "etc/resolv.conf",
  "usr/share/doc",
  "usr/share/locale",
  "usr/share/man",
  "var/cache/apt",
  "var/lib/apt/lists",
];

/** Every program of Kubernetes, where Talos looks for it, with Debian below; for Talos machines of tests, under the names of all the images that these ask for. */
export async function talosKubernetes(reference: string, builder: Builder): Promise<void> {
  const { home } = builder.store;
  await installLocked(kubernetes, { home, offline: true, report: builder.log, log: openLog(home, kubernetes.name) });
  const folder = join(kubernetes.find(home)?.path ?? "", "bin");
  await builder.store.compose(
    reference,
    "scratch",
    async (root) => {
      await runTool(builder, "mmdebstrap", ["--variant=minbase", `--include=${PACKAGES.join(",")}`, "bookworm", root]);
      for (const path of SUPERFLUOUS) await rm(join(root, path), { recursive: true, force: true });
      const placed = new Map<string, string>();
      for (const program of PROGRAMS) {
        const source = realpathSync(join(folder, program)),
          target = join(root, "usr/local/bin", program);
        const same = placed.get(source);
        if (same === undefined) await place(source, target);
        else await link(same, target);
        placed.set(source, target);
      }
    },
    ["--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  );
}
