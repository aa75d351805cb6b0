import { reservedBytes, roomForOthers } from "../../provider/sdk/index.ts";
import { BACKUP_SERVER_PLACE, MESH_PLACE, parseQuantity, registryIdentity } from "../../components/index.ts";
import type { Found, FoundPlace, Room } from "./found.ts";
import { keyOf } from "../check/mistakes.ts";
import type { Mistake, Path } from "../check/mistakes.ts";
import { workspaceSize } from "../check/rules.ts";
import { workspaceName } from "../schema.ts";
import type { AppConfig, GuildConfig, WorkspaceConfig } from "../schema.ts";

/** A volume that the config asks for, and what it says of it. */
interface Wanted {
  /** Entry of the config. */
  path: Path;
  /** Whose it shall be, and from whom it may be taken over. */
  person?: Pick<WorkspaceConfig, "owner" | "takeOverFrom"> & { what: "workspace" | "app"; name: string };
  namespace: string;
  claim: string;
  size: string;
  /** Key of its size, below the entry; undefined where a preset says it. */
  sizeKey?: Path;
}

/** What of a config can't be, given what is in its cluster: told before anything is applied. */
export function foundMistakes(config: GuildConfig, found: Found): Mistake[] {
  return wantedVolumes(config).flatMap((wanted) => {
    const place = found.get(wanted.namespace);
    if (place === undefined) return [];
    return [...ownerMistakes(wanted, place), ...sizeMistakes(wanted, place)];
  });
}

/**
 * The config as it is applied to what is there: a home whose preset went down keeps its size, as volumes can't shrink,
 * and everything else of the preset changes.
 * @returns what a person should know of that, too
 */
export function keepingSizes(config: GuildConfig, found: Found): { config: GuildConfig; notes: string[] } {
  const notes: string[] = [];
  const workspaces = config.workspaces.map((workspace) => {
    const name = workspaceName(workspace), wanted = workspaceSize(workspace).storage;
    const size = found.get(`ws-${name}`)?.claims.get("home")?.size;
    if (workspace.storage !== undefined || size === undefined || bytes(size) <= bytes(wanted)) return workspace;
    notes.push(`The home of ${name} keeps its ${size}: a volume can't shrink to the ${wanted} of the preset "${workspace.preset}". Writing storage: ${size} beside it says so in the config.`);
    return { ...workspace, storage: size };
  });
  return { config: { ...config, workspaces }, notes };
}

/**
 * That what new volumes set aside of this machine's disk is there to be had.
 * @param room what its disk has free, and what volumes have of it already
 */
export function roomMistakes(config: GuildConfig, { free, had }: Room): Mistake[] {
  if (config.cluster.kind !== "embedded" || config.cluster.volumeSizes !== "reserved") return [];
  const more = wantedVolumes(config).map(({ namespace, claim, size }) => Math.max(0, reservedBytes(bytes(size)) - had(namespace, claim))).reduce((sum, each) => sum + each, 0);
  if (more === 0 || more + roomForOthers <= free) return [];
  return [{
    key: "cluster.volumeSizes", found: '"reserved"',
    allowed: `that where new volumes fit: they take ${gib(more)} of this machine's disk at once, ${gib(free)} are free, and ${gib(roomForOthers)} of those stay for everything else`,
    fix: "make volumes smaller, free some, set GUILDNET_HOME to a larger disk, or leave it out: volumes then take what is in them, and sizes hold nobody back",
  }];
}

function gib(amount: number): string {
  return `${(amount / 2 ** 30).toFixed(1)} GiB`;
}

/** The volumes of a config that outlive what they are for. */
function wantedVolumes({ workspaces, apps, registry, backup, mesh }: GuildConfig): Wanted[] {
  return [
    ...workspaces.map((workspace, index): Wanted => ({
      path: ["workspaces", index], person: { ...workspace, what: "workspace", name: workspaceName(workspace) },
      namespace: `ws-${workspaceName(workspace)}`, claim: "home", size: workspaceSize(workspace).storage, sizeKey: workspace.storage === undefined ? undefined : ["storage"],
    })),
    ...apps.flatMap((app: AppConfig, index): Wanted[] => (app.storage === undefined ? [] : [{
      path: ["apps", index], person: { ...app, what: "app", name: app.name },
      namespace: `app-${app.name}`, claim: "data", size: app.storage.size, sizeKey: ["storage", "size"],
    }])),
    ...(registry === undefined ? [] : [{ path: ["registry"], namespace: registryIdentity.namespace, claim: "data", size: registry.storage, sizeKey: ["storage"] }]),
    ...(mesh.kind !== "headscale" || mesh.placement !== "cluster" ? [] : [{ path: ["mesh"], ...MESH_PLACE, size: mesh.storage, sizeKey: ["storage"] }]),
    ...(backup?.target.kind !== "cluster" ? [] : [{ path: ["backup", "target"], ...BACKUP_SERVER_PLACE, size: backup.target.storage, sizeKey: ["storage"] }]),
  ];
}

/** Nobody gets to see, by taking a name, what somebody else left under it. */
function ownerMistakes({ path, person, claim }: Wanted, { owner, claims, folder }: FoundPlace): Mistake[] {
  if (person === undefined || owner === undefined || owner === person.owner || owner === person.takeOverFrom) return [];
  if (folder === undefined && !claims.has(claim)) return [];
  const { what, name } = person;
  const remove = folder === undefined
    ? `give it back to ${owner} with keepData: false, run npm run up, and take it out again`
    : `delete ${folder}`;
  return [{
    key: keyOf([...path, "owner"]), found: JSON.stringify(person.owner),
    allowed: `${owner}, whose ${what === "workspace" ? "home" : "data"} was kept under the name "${name}"`,
    fix: `choose another name; or to hand it over to ${person.owner}, with its backups, write takeOverFrom: ${owner} beside it; or to remove it first, ${remove}`,
  }];
}

function sizeMistakes({ path, namespace, claim, size, sizeKey }: Wanted, { claims }: FoundPlace): Mistake[] {
  const there = claims.get(claim)?.size;
  if (sizeKey === undefined || there === undefined || bytes(there) <= bytes(size)) return [];
  return [{
    key: keyOf([...path, ...sizeKey]), found: JSON.stringify(size),
    allowed: `${there} or more, the size of its volume (${namespace}/${claim}): a volume can grow, not shrink`, fix: `write ${there}`,
  }];
}

/** Of an amount in words that Kubernetes knows and we don't, nothing is said. */
function bytes(amount: string): number {
  return parseQuantity(amount) ?? 0;
}
