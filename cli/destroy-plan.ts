import type { StackState, StateResource } from "../engine/stack-state.ts";
import { columns } from "./links.ts";
import { size } from "./backup/snapshots.ts";

/** A volume that a stack has made. */
export interface StackVolume {
  readonly namespace: string;
  readonly claim: string;
  /** As was asked for. */
  readonly size: string;
  readonly className?: string;
  /** Whether it stays in a cluster that the stack joined. */
  readonly kept: boolean;
  /** Handle of the person whose it is; undefined for the guild's own. */
  readonly owner?: string;
}

/** What a destroy is about. */
export interface DestroyPlan {
  readonly stack: string;
  /** Whether data goes as well. */
  readonly data: boolean;
  readonly clusters: readonly string[];
  readonly people: readonly string[];
  readonly volumes: readonly StackVolume[];
  /** Bytes that volumes take, by "namespace/claim", where somebody could look. */
  readonly used: ReadonlyMap<string, number>;
  /** Folders of this machine that have volumes: of the stack's clusters, and of those that were destroyed before. */
  readonly folders: readonly string[];
  /** Where backups are: "cluster" or an address; undefined where there are none. */
  readonly backups?: string | undefined;
}

const OWNER = "guildnet.io/owner",
  DATA = "guildnet.io/data";

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Handles by namespace, of those that are somebody's. */
export function ownersIn(state: StackState): Map<string, string> {
  return new Map(
    ofKind(state, "Namespace").flatMap((resource): [string, string][] => {
      const { name, labels } = metadataOf(resource),
        owner = labels?.[OWNER];
      return name === undefined || owner === undefined ? [] : [[name, owner]];
    }),
  );
}

/** Every volume of a stack. */
export function volumesIn(state: StackState): StackVolume[] {
  const owners = ownersIn(state);
  return ofKind(state, "PersistentVolumeClaim").map((resource) => {
    const { name = "", namespace = "default", labels } = metadataOf(resource),
      owner = owners.get(namespace);
    const spec = resource.inputs?.spec as
      | { storageClassName?: string; resources?: { requests?: { storage?: string } } }
      | undefined;
    return {
      namespace,
      claim: name,
      size: spec?.resources?.requests?.storage ?? "",
      kept: labels?.[DATA] === "kept",
      ...(spec?.storageClassName !== undefined && { className: spec.storageClassName }),
      ...(owner !== undefined && { owner }),
    };
  });
}

function ofKind({ deployment }: StackState, kind: string): StateResource[] {
  return (deployment.resources ?? []).filter(
    ({ type, delete: gone }) => type === `kubernetes:core/v1:${kind}` && gone !== true,
  );
}

function metadataOf({ inputs }: StateResource): Metadata {
  return (inputs?.metadata ?? {}) as Metadata;
}

/** What goes with a stack and what stays, for a person to read before it does. */
export function planText(plan: DestroyPlan): string {
  const { stack, data, clusters, people, volumes, folders, backups } = plan;
  const stays = (volume: StackVolume) => !data && (clusters.length > 0 || volume.kept);
  const goes = [
    ...clusters.map((cluster) => `the cluster ${cluster}, with all that runs in it`),
    ...(clusters.length === 0 && volumes.length > 0 ? ["all that the stack has in its cluster"] : []),
    ...(people.length === 0 ? [] : [`access of ${people.join(", ")}`]),
    ...volumeLines(
      "volumes",
      volumes.filter((volume) => !stays(volume)),
      plan,
    ),
    ...(data ? folders.map((folder) => `the files in ${folder}`) : []),
    ...(backups === "cluster" && data ? ["all backups, which are on a volume of the cluster"] : []),
  ];
  const stay = [
    ...volumeLines(
      clusters.length > 0
        ? `volumes, in ${folders.join(", ") || "a folder of this machine"}`
        : "volumes, in the cluster",
      volumes.filter(stays),
      plan,
    ),
    ...(clusters.length > 0 || data ? [] : folders.map((folder) => `the files in ${folder}`)),
    ...backupLines(backups, data),
  ];
  return [
    `The stack ${stack}`,
    ...section("Goes, and can't be brought back:", goes),
    ...section("Stays:", stay),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return ["", title, ...(lines.length === 0 ? ["  nothing"] : lines.map((line) => `  ${line}`))];
}

function volumeLines(title: string, volumes: readonly StackVolume[], { used }: DestroyPlan): string[] {
  if (volumes.length === 0) return [];
  const rows = volumes.map(({ namespace, claim, size: asked, owner }) => {
    const bytes = used.get(`${namespace}/${claim}`);
    return [
      `${namespace}/${claim}`,
      owner ?? "the guild's",
      bytes === undefined ? asked : `${size(bytes)} of ${asked}`,
    ];
  });
  return [`${title}:`, ...columns(rows).map((row) => `  ${row}`)];
}

/** The key of backups is in the stack's state, and so goes in any case. */
function backupLines(backups: string | undefined, data: boolean): string[] {
  if (backups === undefined || (backups === "cluster" && data)) return [];
  const where = backups === "cluster" ? "backups, on a volume of those" : `backups, at ${backups}`;
  return [
    `${where}. Their key goes: without it nobody can read them. Note it first, from`,
    "  npm run pulumi -- stack output --show-secrets backup",
  ];
}
