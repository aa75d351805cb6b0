import * as pulumi from "@pulumi/pulumi";
import { record } from "../../components/testing/record.ts";
import type { Registered } from "../../components/testing/record.ts";
import { guild } from "../../stacks/guild.ts";
import { parseGuild } from "../../stacks/parse.ts";

const kubeconfig = { text: "kubeconfig", server: "https://192.0.2.1:6443", clusterName: "lab", credentials: { skipVerify: false } };
const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const existing = { kind: "existing", kubeconfigPath: "kubeconfig" };

const people = {
  people: { ada: {}, bob: { quota: { storage: "80Gi" } } },
  workspaces: [
    { owner: "ada", dotfiles: "https://example.org/ada/dotfiles", ports: [{ name: "web", port: 3000 }], environment: { EDITOR: "vim" } },
    { owner: "ada", name: "ada-lab", preset: "small", keepData: false, internet: false },
    { owner: "bob", nodeSelector: { disk: "ssd" } },
  ],
  apps: [
    { name: "wiki", owner: "ada", image: "example.org/wiki:1", port: 3000, visibility: "public", replicas: 2, internet: true },
    { name: "notes", owner: "bob", image: "example.org/notes:1", port: 3000, visibility: "members", storage: { size: "1Gi", path: "/data" } },
  ],
};

/** Guilds that between them have everything a config can turn on, by what is special about each. */
export const wholeGuilds: Readonly<Record<string, object>> = {
  "embedded with everything": { ...people, registry: {}, batch: {}, loadBalancer: {}, mesh: { kind: "headscale", devices: ["ada-laptop"], access: "cluster", stun: true } },
  "embedded, open to a network, with a router in the kernel": {
    ...people, portal: { address: "192.0.2.1" }, mesh: { kind: "headscale", address: "192.0.2.1", router: { mode: "kernel", routes: ["192.168.7.0/24"] } },
  },
  "existing with everything": {
    ...people, cluster: { ...existing, storageClass: "fast" }, portal: { host: "guild.example.org", service: "LoadBalancer", addressPool: "public" },
    loadBalancer: { lan: "192.168.1.0/24", pools: [{ name: "public", addresses: ["192.168.1.224/28"] }] }, registry: { address: "10.43.0.11" }, batch: { queue: "kueue" },
    mesh: { kind: "headscale", hostname: "mesh.example.org", service: "LoadBalancer" },
  },
  "existing, on somebody's tailnet, with volumes on several nodes": {
    ...people, cluster: existing, storage: { kind: "longhorn", snapshots: {}, backup: { url: "s3://volumes@eu-central-1/", accessKeyId: "AKIA" } }, mesh: { kind: "tailnet", baseDomain: "tail1234.ts.net" },
  },
};

/** All that the engine would be asked for, from a config of that list. */
export function registeredBy(raw: object): Promise<Registered[]> {
  const { mesh, storage } = raw as { mesh?: { kind: string }; storage?: { backup?: object } };
  const meshApiKey = mesh?.kind === "tailnet", storageBackupKey = storage?.backup !== undefined;
  const config = parseGuild({ images, ...raw }, { kubeconfig: false, meshApiKey, storageBackupKey });
  const secret = (wanted: boolean) => (wanted ? pulumi.secret("key") : undefined);
  return record(() => guild(config, config.cluster.kind === "existing" ? kubeconfig : undefined, { meshApiKey: secret(meshApiKey), storageBackupKey: secret(storageBackupKey) }));
}
