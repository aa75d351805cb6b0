import { createHash } from "node:crypto";

/** A resource as a state file has it, version 3 of the format. What is not named here is passed on as it is. */
export interface ResourceState {
  urn: string;
  type?: string;
  parent?: string;
  /** `<URN>::<id>` of its provider. */
  provider?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
  replaceWith?: string[];
  viewOf?: string;
  aliases?: string[];
  /** Replaced or no longer wanted, and not deleted yet. */
  delete?: boolean;
  /** Deleted already, in order to be made anew. */
  pendingReplacement?: boolean;
  [property: string]: unknown;
}

/** An operation that began. */
export interface Operation {
  type: string;
  resource: ResourceState;
}

export interface SecretsProvider {
  type: string;
  state?: unknown;
}

/** All that the engine knows of a stack. */
export interface Deployment {
  manifest?: Manifest;
  secrets_providers?: SecretsProvider;
  resources?: ResourceState[];
  pending_operations?: Operation[];
  metadata?: object;
}

interface Manifest {
  time: string;
  magic: string;
  version: string;
}

/** A state file of the file backend. */
export interface Checkpoint {
  version: number;
  /** What a reader must know to understand it; from version 4 on. */
  features?: string[];
  checkpoint: { stack?: string; latest?: Deployment; [property: string]: unknown };
}

/** A state as the engine exports it. */
export interface Exported {
  readonly version: number;
  readonly features?: string[];
  readonly deployment: Deployment;
}

/** @param file text of a state file */
export function exported(file: string): Exported {
  const { version, features, checkpoint } = JSON.parse(file) as Checkpoint;
  return {
    version,
    ...(features === undefined ? {} : { features }),
    deployment: checkpoint.latest ?? { manifest: manifest("", new Date()) },
  };
}

/** How the engine marks a state file as one of its own (pulumi/pkg, resource/deploy/manifest.go). */
export function manifest(version: string, now: Date): Manifest {
  return { time: now.toISOString(), magic: createHash("sha256").update(version).digest("hex"), version };
}

/** Names of features by the property that takes them (pulumi/pkg, resource/stack/deployment.go). */
const FEATURES: Readonly<Record<string, string>> = {
  refreshBeforeUpdate: "refreshBeforeUpdate",
  viewOf: "views",
  resourceHooks: "hooks",
  taint: "taint",
  replaceWith: "replaceWith",
};

/** What a reader has to understand for these resources; none means that version 3 of the format will do. */
export function featuresOf({ resources = [], pending_operations = [] }: Deployment): string[] {
  const all = [...resources, ...pending_operations.map(({ resource }) => resource)];
  return Object.entries(FEATURES)
    .filter(([property]) => all.some((resource) => isUsed(resource[property])))
    .map(([, feature]) => feature)
    .sort();
}

function isUsed(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length > 0
    : typeof value === "object" && value !== null
      ? Object.keys(value).length > 0
      : Boolean(value);
}

/**
 * Puts the present URN wherever resources are still called by a former one, and forgets the former ones.
 * @throws where two resources claim one former name
 */
export function withPresentNames(resources: readonly ResourceState[]): ResourceState[] {
  const present = presentNames(resources);
  if (present.size === 0) return [...resources];
  const now = (urn: string): string => present.get(urn) ?? urn;
  return resources.map(({ aliases: _forgotten, ...resource }) => renamed(resource, now));
}

function presentNames(resources: readonly ResourceState[]): Map<string, string> {
  const present = new Map<string, string>();
  for (const { urn, parent, aliases = [] } of resources) {
    for (const alias of aliases) {
      const other = present.get(alias);
      if (other !== undefined && other !== urn)
        throw new Error(`the resources ${other} and ${urn} were both called ${alias}`);
      present.set(alias, urn);
    }
    // A name has its parents' types in it.
    const renamedParent = parent === undefined ? undefined : present.get(parent);
    if (renamedParent !== undefined && renamedParent !== "" && qualifiedType(renamedParent) !== "pulumi:pulumi:Stack")
      present.set(urn, below(renamedParent, urn));
  }
  return present;
}

/** `urn:pulumi:<stack>::<project>::<types>::<name>` */
function qualifiedType(urn: string): string {
  return urn.split("::")[2] ?? "";
}

function below(parent: string, urn: string): string {
  const [stack, project, types = "", ...name] = urn.split("::");
  return [stack, project, `${qualifiedType(parent)}$${types.split("$").at(-1)}`, ...name].join("::");
}

function renamed(resource: ResourceState, now: (urn: string) => string): ResourceState {
  const { provider, propertyDependencies } = resource;
  const lists = Object.entries(propertyDependencies ?? {}).map(([key, urns]) => [key, urns?.map(now) ?? urns] as const);
  return {
    ...resource,
    urn: now(resource.urn),
    ...(resource.parent ? { parent: now(resource.parent) } : {}),
    ...(provider
      ? {
          provider: `${now(provider.slice(0, provider.lastIndexOf("::")))}${provider.slice(provider.lastIndexOf("::"))}`,
        }
      : {}),
    ...(resource.dependencies === undefined ? {} : { dependencies: resource.dependencies.map(now) }),
    ...(propertyDependencies === undefined ? {} : { propertyDependencies: Object.fromEntries(lists) }),
    ...(resource.deletedWith ? { deletedWith: now(resource.deletedWith) } : {}),
    ...(resource.viewOf ? { viewOf: now(resource.viewOf) } : {}),
  };
}

/** What a resource may refer to others by. */
interface Referring {
  readonly urn: string;
  readonly parent?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  readonly deletedWith?: string;
  readonly replaceWith?: readonly string[];
}

/**
 * Drops what refers to resources that are gone.
 * @param resources each after all that it refers to
 */
export function withIntactReferences<Resource extends Referring>(resources: readonly Resource[]): Resource[] {
  const there = new Set<string>();
  return resources.map((resource) => {
    const present = (urns: readonly string[] | null | undefined) =>
      orAbsent((urns ?? []).filter((urn) => there.has(urn)));
    const lists = Object.entries(resource.propertyDependencies ?? {})
      .map(([key, urns]) => [key, present(urns)] as const)
      .filter(([, urns]) => urns !== undefined);
    there.add(resource.urn);
    return {
      ...resource,
      dependencies: present(resource.dependencies),
      propertyDependencies: lists.length === 0 ? undefined : (Object.fromEntries(lists) as Record<string, string[]>),
      replaceWith: present(resource.replaceWith),
      deletedWith: present([resource.deletedWith ?? ""])?.[0],
      parent: present([resource.parent ?? ""])?.[0],
    };
  });
}

/** A state file leaves out what is empty. */
function orAbsent(urns: string[]): string[] | undefined {
  return urns.length === 0 ? undefined : urns;
}
