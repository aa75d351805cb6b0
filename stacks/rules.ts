import { formatQuantity, sizeOf } from "../components/index.ts";
import { quantity } from "../components/quantity.ts";
import { networkMistakes } from "./network-rules.ts";
import { closest } from "./mistakes.ts";
import type { Path } from "./mistakes.ts";
import { peopleOf, workspaceName } from "./schema.ts";
import type { GuildConfig, WorkspaceConfig } from "./schema.ts";

/** A rule between keys that a config breaks. */
export interface Broken {
  /** The key to change first, then the others that matter. */
  paths: Path[];
  allowed: string;
  fix: string;
}

/** What a config may hold besides its own value. */
export interface Siblings {
  /** Whether the secret `guildnet:kubeconfig` is set. */
  kubeconfig: boolean;
}

/** Every rule between keys that a well-shaped config breaks. */
export function brokenRules(config: GuildConfig, siblings: Siblings): Broken[] {
  return [
    ...networkMistakes(config),
    ...clusterMistakes(config, siblings),
    ...batchMistakes(config),
    ...peopleMistakes(config),
    ...nameMistakes(config),
    ...config.workspaces.flatMap(portMistakes),
    ...config.workspaces.flatMap(dotfilesMistakes),
    ...quotaMistakes(config),
  ];
}

function clusterMistakes({ cluster, images, portal, workspaces }: GuildConfig, { kubeconfig }: Siblings): Broken[] {
  if (cluster.kind === "embedded") {
    if (portal.service === undefined) return [];
    return [{ paths: [["portal", "service"], ["cluster"]], allowed: 'only with cluster.kind "existing"', fix: "remove it: an embedded cluster publishes the portal at portal.address" }];
  }
  const broken: Broken[] = [];
  const path = ["cluster", "kubeconfigPath"];
  if (cluster.kubeconfigPath === undefined && !kubeconfig) {
    broken.push({ paths: [path], allowed: "a file, or the secret guildnet:kubeconfig instead", fix: "add it, for instance ~/.kube/config, or run: pulumi config set --secret guildnet:kubeconfig < FILE" });
  }
  if (cluster.kubeconfigPath !== undefined && kubeconfig) {
    broken.push({ paths: [path], allowed: "a file or the secret guildnet:kubeconfig, not both", fix: "remove it, or run: pulumi config rm guildnet:kubeconfig" });
  }
  for (const name of ["workspace", "portal"] as const) {
    if (images[name] !== undefined || (name === "workspace" && workspaces.every(({ image }) => image !== undefined))) continue;
    broken.push({ paths: [["images", name], ["cluster"]], allowed: 'an image, as cluster.kind is "existing"', fix: "build it, push it to a registry the cluster pulls from, and name it here" });
  }
  return broken;
}

function batchMistakes({ batch, cluster }: GuildConfig): Broken[] {
  if (batch === undefined) return [];
  if (batch.queue === "kueue" && cluster.kind === "embedded") {
    return [{ paths: [["batch", "queue"], ["cluster"]], allowed: 'only with cluster.kind "existing"', fix: 'remove it, or write "none": an embedded cluster has no Kueue' }];
  }
  const key = (["cpu", "memory"] as const).find((resource) => batch.queue === "none" && batch.together[resource] !== undefined);
  return key === undefined ? [] : [{ paths: [["batch", "together", key], ["batch", "queue"]], allowed: 'only with batch.queue "kueue"', fix: "remove it, or let Kueue start the jobs" }];
}

function peopleMistakes(config: GuildConfig): Broken[] {
  const broken: Broken[] = [];
  const listed = Object.keys(config.people ?? {});
  const unknown = (handle: string, path: Path, known: string[], where: string): Broken => {
    const meant = closest(handle, known);
    return {
      paths: [path, ["people"]],
      allowed: `${where}: ${known.join(", ") || "nobody yet"}`,
      fix: meant === undefined ? `add "${handle}:" below people` : `did you mean "${meant}"?`,
    };
  };
  if (config.people !== undefined) {
    for (const [index, { owner }] of config.workspaces.entries()) {
      if (!listed.includes(owner)) broken.push(unknown(owner, ["workspaces", index, "owner"], listed, "one of the people"));
    }
  }
  const everybody = config.people === undefined ? peopleOf(config) : listed;
  for (const [index, handle] of (config.portal.admins ?? []).entries()) {
    if (!everybody.includes(handle)) broken.push(unknown(handle, ["portal", "admins", index], everybody, "one of the people"));
  }
  return broken;
}

function nameMistakes({ workspaces }: GuildConfig): Broken[] {
  const first = new Map<string, number>();
  return workspaces.flatMap((workspace, index) => {
    const name = workspaceName(workspace);
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, index);
      return [];
    }
    const from = workspace.name === undefined ? `; without a name it is the owner's, "${name}"` : "";
    return [{
      paths: [["workspaces", index, "name"], ["workspaces", other]],
      allowed: `a name that no other workspace has${from}`,
      fix: `name it, for instance "${freeName(name, workspaces)}"`,
    }];
  });
}

function freeName(name: string, workspaces: WorkspaceConfig[]): string {
  const taken = new Set(workspaces.map(workspaceName));
  let number = 2;
  while (taken.has(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

function portMistakes(workspace: WorkspaceConfig, index: number): Broken[] {
  const names = new Set(["ide"]);
  const numbers = new Set([8080]);
  return workspace.ports.flatMap(({ name, port }, place) => {
    const at = ["workspaces", index, "ports", place];
    const broken: Broken[] = [];
    if (names.has(name)) broken.push({ paths: [[...at, "name"]], allowed: 'a name no other port of the workspace has; "ide" is the IDE\'s', fix: "rename it" });
    if (numbers.has(port)) broken.push({ paths: [[...at, "port"]], allowed: "a port no other of the workspace has; 8080 is the IDE's", fix: `choose another, for instance ${nextFree(port, workspace)}` });
    names.add(name);
    numbers.add(port);
    return broken;
  });
}

function nextFree(port: number, workspace: WorkspaceConfig): number {
  const taken = new Set([8080, ...workspace.ports.map((entry) => entry.port)]);
  let free = port + 1;
  while (taken.has(free)) free++;
  return free;
}

/** A password in a URL would end in the Deployment, readable. */
function dotfilesMistakes({ dotfiles }: WorkspaceConfig, index: number): Broken[] {
  if (dotfiles === undefined || !/^https:\/\/[^/]*@/.test(dotfiles)) return [];
  return [{ paths: [["workspaces", index, "dotfiles"]], allowed: "a repository without a user name or password in its URL", fix: "remove what stands before the @" }];
}

type Resource = "cpu" | "memory" | "storage";

/** A person's workspaces together, against the person's quota. */
function quotaMistakes(config: GuildConfig): Broken[] {
  return peopleOf(config).flatMap((owner) => {
    const quota = { ...config.quota, ...withoutUndefined(config.people?.[owner]?.quota ?? {}) };
    const own = config.workspaces.flatMap((workspace, index) => (workspace.owner === owner ? [{ workspace, index }] : []));
    const broken: Broken[] = [];
    const tooMany = own[quota.workspaces];
    if (tooMany !== undefined) {
      broken.push({ paths: [["workspaces", tooMany.index]], allowed: `${quota.workspaces} workspaces for ${owner}`, fix: `remove one, or raise people.${owner}.quota.workspaces` });
    }
    for (const resource of ["cpu", "memory", "storage"] as const) broken.push(...exceeded(owner, resource, quota[resource], own));
    return broken;
  });
}

function exceeded(owner: string, resource: Resource, limit: string, own: { workspace: WorkspaceConfig; index: number }[]): Broken[] {
  let sum = 0;
  for (const { workspace, index } of own) {
    sum += quantity(workspaceSize(workspace)[resource]);
    if (sum <= quantity(limit)) continue;
    const key = resource === "storage" ? ["storage"] : ["resources", resource];
    const asked = formatQuantity(sum, resource === "cpu" ? "cores" : "bytes");
    return [{
      paths: [["workspaces", index, ...key], ["workspaces", index, "preset"], ["people", owner, "quota", resource], ["quota", resource]],
      allowed: `${limit} for ${owner}'s workspaces together; with this one they ask for ${asked}`,
      fix: `ask for less, or raise people.${owner}.quota.${resource}`,
    }];
  }
  return [];
}

/** What a workspace of the config may use. */
export function workspaceSize(workspace: WorkspaceConfig): Record<Resource, string> {
  return sizeOf(workspace.preset, withoutUndefined({ ...workspace.resources, storage: workspace.storage }));
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
