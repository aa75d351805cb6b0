import { appSize, formatQuantity, sizeOf } from "../../components/index.ts";
import { multiply, quantity } from "../../components/kube/quantity.ts";
import { certificateMistakes } from "../systems/certificates/rules.ts";
import { loadBalancerMistakes } from "../systems/balancer/rules.ts";
import { backupMistakes } from "../systems/backup/rules.ts";
import { internetMistakes } from "../systems/workspaces/internet.ts";
import { meshMistakes } from "../systems/mesh/rules.ts";
import { networkMistakes } from "../systems/cluster/networks.ts";
import { proxyMistakes } from "../systems/proxy/rules.ts";
import { closest } from "./mistakes.ts";
import type { Path } from "./mistakes.ts";
import { peopleOf, workspaceName } from "../schema.ts";
import type { AppConfig, GuildConfig, WorkspaceConfig } from "../schema.ts";
import { storageMistakes } from "../systems/storage/rules.ts";

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
  /** Whether the secret `guildnet:meshApiKey` is set. */
  meshApiKey?: boolean;
  /** Whether the secret `guildnet:storageBackupKey` is set. */
  storageBackupKey?: boolean;
  /** Whether the secret `guildnet:dnsToken` is set. */
  dnsToken?: boolean;
  /** Whether the secret `guildnet:proxyCredentials` is set. */
  proxyCredentials?: boolean;
  /** Whether the secrets of these names are set. */
  backupAccessKey?: boolean;
  backupSecretKey?: boolean;
  backupServerPassword?: boolean;
}

/** Every rule between keys that a well-shaped config breaks. */
export function brokenRules(config: GuildConfig, siblings: Siblings): Broken[] {
  return [
    ...networkMistakes(config),
    ...internetMistakes(config),
    ...proxyMistakes(config, siblings),
    ...meshMistakes(config, siblings),
    ...certificateMistakes(config, siblings),
    ...loadBalancerMistakes(config),
    ...clusterMistakes(config, siblings),
    ...storageMistakes(config, siblings),
    ...batchMistakes(config),
    ...backupMistakes(config, siblings),
    ...peopleMistakes(config),
    ...nameMistakes(config),
    ...config.workspaces.flatMap((workspace, index) => portMistakes(["workspaces", index], workspace.ports, { name: "ide", port: 8080, whose: "the IDE's" })),
    ...config.apps.flatMap((app, index) => portMistakes(["apps", index], app.ports, { name: "app", port: app.port, whose: "the app's own" })),
    ...config.apps.flatMap(replicaMistakes),
    ...config.workspaces.flatMap(dotfilesMistakes),
    ...quotaMistakes(config),
  ];
}

function clusterMistakes({ cluster, images, portal, workspaces }: GuildConfig, { kubeconfig }: Siblings): Broken[] {
  if (cluster.kind === "embedded") {
    const untagged = (["workspace", "portal"] as const).filter((name) => images[name] !== undefined && !/^[^/@]+\/[^@]+$/.test(images[name]));
    const unnamed = untagged.map((name): Broken => ({
      paths: [["images", name], ["cluster"]],
      allowed: 'registry, name and tag in full, as the embedded cluster is brought the image under its reference', fix: 'write it in full, for instance "docker.io/library/workspace:1.4"',
    }));
    if (portal.service === undefined) return unnamed;
    return [...unnamed, { paths: [["portal", "service"], ["cluster"]], allowed: 'only with cluster.kind "existing"', fix: "remove it: an embedded cluster publishes the portal at portal.address" }];
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
    for (const list of ["workspaces", "apps"] as const) {
      for (const [index, { owner }] of config[list].entries()) {
        if (!listed.includes(owner)) broken.push(unknown(owner, [list, index, "owner"], listed, "one of the people"));
      }
    }
  }
  const everybody = config.people === undefined ? peopleOf(config) : listed;
  for (const [index, handle] of (config.portal.admins ?? []).entries()) {
    if (!everybody.includes(handle)) broken.push(unknown(handle, ["portal", "admins", index], everybody, "one of the people"));
  }
  return broken;
}

/** Workspaces and apps share the names below the apps domain. */
function nameMistakes({ workspaces, apps }: GuildConfig): Broken[] {
  const entries = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index], name: workspaceName(workspace), own: workspace.name !== undefined })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index], name, own: true })),
  ];
  const first = new Map<string, Path>();
  return entries.flatMap(({ path, name, own }) => {
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, path);
      return [];
    }
    const from = own ? "" : `; without a name it is the owner's, "${name}"`;
    return [{
      paths: [[...path, "name"], other],
      allowed: `a name that no other ${path[0] === other[0] ? path[0] === "apps" ? "app" : "workspace" : "workspace or app"} has${from}`,
      fix: `name it, for instance "${freeName(name, entries.map((entry) => entry.name))}"`,
    }];
  });
}

function freeName(name: string, taken: string[]): string {
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

interface NamedPort {
  name: string;
  port: number;
}

/** @param main the port that is there already */
function portMistakes(path: Path, ports: NamedPort[], main: NamedPort & { whose: string }): Broken[] {
  const names = new Set([main.name]);
  const numbers = new Set([main.port]);
  return ports.flatMap(({ name, port }, place) => {
    const at = [...path, "ports", place];
    const broken: Broken[] = [];
    if (names.has(name)) broken.push({ paths: [[...at, "name"]], allowed: `a name no other port of it has; "${main.name}" is ${main.whose}`, fix: "rename it" });
    if (numbers.has(port)) broken.push({ paths: [[...at, "port"]], allowed: `a port no other of it has; ${main.port} is ${main.whose}`, fix: `choose another, for instance ${nextFree(port, [main, ...ports])}` });
    names.add(name);
    numbers.add(port);
    return broken;
  });
}

function nextFree(port: number, taken: NamedPort[]): number {
  let free = port + 1;
  while (taken.some((other) => other.port === free)) free++;
  return free;
}

function replicaMistakes({ replicas, storage }: AppConfig, index: number): Broken[] {
  if (replicas === 1 || storage === undefined) return [];
  return [{ paths: [["apps", index, "replicas"], ["apps", index, "storage"]], allowed: "1 beside storage: a volume is writable by one pod at a time", fix: "write 1, or remove storage" }];
}

/** A password in a URL would end in the Deployment, readable. */
function dotfilesMistakes({ dotfiles }: WorkspaceConfig, index: number): Broken[] {
  if (dotfiles === undefined || !/^https:\/\/[^/]*@/.test(dotfiles)) return [];
  return [{ paths: [["workspaces", index, "dotfiles"]], allowed: "a repository without a user name or password in its URL", fix: "remove what stands before the @" }];
}

type Resource = "cpu" | "memory" | "storage";

/** Something that counts to a person's quota. */
interface Counted {
  path: Path;
  size: Record<Resource, string>;
  /** Keys, below the path, of what it asks for. */
  keys: Record<Resource, Path[]>;
}

/** A person's workspaces and apps together, against the person's quota. */
function quotaMistakes(config: GuildConfig): Broken[] {
  return peopleOf(config).flatMap((owner) => {
    const quota = { ...config.quota, ...withoutUndefined(config.people?.[owner]?.quota ?? {}) };
    const workspaces = config.workspaces.flatMap((workspace, index) => (workspace.owner === owner ? [countedWorkspace(workspace, index)] : []));
    const apps = config.apps.flatMap((app, index) => (app.owner === owner ? [countedApp(app, index)] : []));
    const broken: Broken[] = [];
    const tooMany = workspaces[quota.workspaces];
    if (tooMany !== undefined) {
      broken.push({ paths: [tooMany.path], allowed: `${quota.workspaces} workspaces for ${owner}`, fix: `remove one, or raise people.${owner}.quota.workspaces` });
    }
    for (const resource of ["cpu", "memory", "storage"] as const) broken.push(...exceeded(owner, resource, quota[resource], [...workspaces, ...apps]));
    return broken;
  });
}

function countedWorkspace(workspace: WorkspaceConfig, index: number): Counted {
  const keys = { cpu: [["resources", "cpu"], ["preset"]], memory: [["resources", "memory"], ["preset"]], storage: [["storage"], ["preset"]] };
  return { path: ["workspaces", index], size: workspaceSize(workspace), keys };
}

function countedApp(app: AppConfig, index: number): Counted {
  const { cpu, memory, storage } = appSize({ resources: withoutUndefined(app.resources), storage: app.storage });
  const size = { cpu: multiply(cpu, app.replicas), memory: multiply(memory, app.replicas), storage };
  return { path: ["apps", index], size, keys: { cpu: [["resources", "cpu"], ["replicas"]], memory: [["resources", "memory"], ["replicas"]], storage: [["storage", "size"]] } };
}

function exceeded(owner: string, resource: Resource, limit: string, own: Counted[]): Broken[] {
  let sum = 0;
  for (const { path, size, keys } of own) {
    sum += quantity(size[resource]);
    if (sum <= quantity(limit)) continue;
    const asked = formatQuantity(sum, resource === "cpu" ? "cores" : "bytes");
    const whose = own.some((entry) => entry.path[0] === "apps") ? "workspaces and apps" : "workspaces";
    return [{
      paths: [...keys[resource].map((key) => [...path, ...key]), ["people", owner, "quota", resource], ["quota", resource]],
      allowed: `${limit} for ${owner}'s ${whose} together; with this one they ask for ${asked}`,
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
