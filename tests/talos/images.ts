import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../toolchain/home.ts";
import { ensureImage } from "../../toolchain/images/index.ts";
import { storeArguments } from "../../toolchain/images/store.ts";
import { VERSIONS } from "../../toolchain/versions.ts";
import { imageFolder } from "../machine/upstream.ts";

const kubernetes = `v${VERSIONS.kubernetes.version}`;
const PROGRAMS = `guildnet.local/talos-kubernetes:${VERSIONS.kubernetes.version}`;

/** What the config of a node has to name, where it is not the release of Talos that decides. */
export const etcdImage = `registry.k8s.io/etcd:v${VERSIONS.etcd.version}`;
export const coreDnsImage = `registry.k8s.io/coredns/coredns:v${VERSIONS.coredns.version}`;

/** By the reference that a node asks for, the image of this machine's store that it gets. */
const IMAGES: Readonly<Record<string, string>> = {
  [`ghcr.io/siderolabs/kubelet:${kubernetes}`]: PROGRAMS,
  [etcdImage]: PROGRAMS,
  ...Object.fromEntries(
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map((name) => [
      `registry.k8s.io/${name}:${kubernetes}`,
      PROGRAMS,
    ]),
  ),
  "registry.k8s.io/pause:3.10.1": "registry.k8s.io/pause:3.10.1",
  [coreDnsImage]: coreDnsImage,
};

/** Folders to serve by reference; they are kept, as they are large. */
export async function servedImages(home: Home): Promise<Record<string, string>> {
  const kept = join(home.cache, "talos-images");
  mkdirSync(kept, { recursive: true });
  const folders = new Map<string, string>();
  for (const source of new Set(Object.values(IMAGES))) {
    const { id, reference } = await ensureImage({ reference: source, home: home.root });
    folders.set(source, await imageFolder(storeArguments(home), reference, join(kept, id.replace(":", "-"))));
  }
  const inUse = new Set([...folders.values()]);
  for (const name of readdirSync(kept)) if (!inUse.has(join(kept, name))) rmSync(join(kept, name), { recursive: true });
  return Object.fromEntries(Object.entries(IMAGES).map(([asked, source]) => [asked, folders.get(source) ?? ""]));
}
