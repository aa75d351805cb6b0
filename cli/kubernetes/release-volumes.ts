import type { Kubectl } from "./kubectl.ts";

interface Claim {
  metadata: { name: string; namespace: string };
  spec: { volumeName?: string };
}
interface Volume {
  metadata: { name: string };
  spec: { persistentVolumeReclaimPolicy?: string };
}

/**
 * Has volumes go with their claims where the stack no longer keeps them. A volume that was made to be kept would stay
 * otherwise, with its files, since it has from its class what becomes of it, and a claim can't change its class.
 * @returns what was changed, as "namespace/claim"
 */
export async function releaseVolumes(kubectl: Kubectl): Promise<string[]> {
  const claims = (
    await list<Claim>(kubectl, "persistentvolumeclaims", [
      "--all-namespaces",
      "--selector",
      "guildnet.io/data=disposable",
    ])
  ).filter(({ spec }) => spec.volumeName !== undefined);
  if (claims.length === 0) return [];
  const kept = new Set(
    (await list<Volume>(kubectl, "persistentvolumes", []))
      .filter(({ spec }) => spec.persistentVolumeReclaimPolicy === "Retain")
      .map(({ metadata }) => metadata.name),
  );
  const released = claims.filter(({ spec }) => kept.has(spec.volumeName ?? ""));
  for (const { spec } of released)
    await kubectl([
      "patch",
      "persistentvolume",
      spec.volumeName ?? "",
      "--patch",
      JSON.stringify({ spec: { persistentVolumeReclaimPolicy: "Delete" } }),
    ]);
  return released.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

async function list<T>(kubectl: Kubectl, kind: string, options: readonly string[]): Promise<T[]> {
  return (JSON.parse(await kubectl(["get", kind, ...options, "--output", "json"])) as { items: T[] }).items;
}
