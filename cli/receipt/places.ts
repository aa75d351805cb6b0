import { textAt, type Change, type State } from "./changes.ts";

const OWNER = "guildnet.io/owner",
  KINDS = { workspace: "guildnet.io/workspace", app: "guildnet.io/app", batch: "guildnet.io/batch" } as const;
const NAMESPACE = "kubernetes:core/v1:Namespace";
const COMPONENT = /^guildnet:index:(\w+)$/;

/** A namespace that is somebody's. */
export interface Place {
  readonly namespace: string;
  readonly kind: keyof typeof KINDS;
  /** Of the workspace or the app; the person's handle for jobs. */
  readonly name: string;
  readonly owner: string;
  /** Its owner before, where that is another. */
  readonly ownerBefore?: string;
  /** Who may open it, of an app, before and after. */
  readonly visibility: readonly [before: string | undefined, after: string | undefined];
  readonly change: Change;
}

/** A component of the guild that has objects of its own. */
export interface Component {
  readonly urn: string;
  /** Its class, such as "Registry". */
  readonly type: string;
  readonly name: string;
}

/** Where each resource belongs. */
export interface Graph {
  readonly places: ReadonlyMap<string, Place>;
  /** Namespace of an object, also where that is not known in a preview but by the namespace's own resource. */
  namespaceOf(change: Change): string | undefined;
  /** Whether it is one of the guild's own that has others below it, and nothing itself. */
  isComponent(change: Change): boolean;
  /** The nearest component above. */
  componentOf(change: Change): Component | undefined;
}

/** @param changes of all resources, also of those that stay as they are */
export function graphOf(changes: readonly Change[]): Graph {
  const parents = new Map(changes.map((change) => [change.urn, parentOf(change)])),
    above = new Set(parents.values()),
    namespaces = changes.filter(({ type }) => type === NAMESPACE),
    byParent = new Map(namespaces.map((change) => [parentOf(change), nameOf(change)]));
  const places = new Map(
    namespaces.flatMap((change) => {
      const place = placeOf(change);
      return place === undefined ? [] : [[place.namespace, place] as const];
    }),
  );
  return {
    places,
    namespaceOf: (change) =>
      textAt(change.new?.inputs, "metadata", "namespace") ??
      textAt(change.old?.inputs, "metadata", "namespace") ??
      (change.type === NAMESPACE ? nameOf(change) : byParent.get(parentOf(change))),
    isComponent: ({ urn, type }) => COMPONENT.test(type) && above.has(urn),
    componentOf(change) {
      for (let urn = parentOf(change); urn !== undefined && urn !== ""; urn = parents.get(urn)) {
        const type = COMPONENT.exec(typeIn(urn))?.[1];
        if (type !== undefined) return { urn, type, name: urn.slice(urn.lastIndexOf("::") + 2) };
      }
      return undefined;
    },
  };
}

/** The object's own name. */
export function nameOf(change: Change): string {
  return (
    textAt(change.new?.inputs, "metadata", "name") ?? textAt(change.old?.inputs, "metadata", "name") ?? change.name
  );
}

/** "Deployment" of "kubernetes:apps/v1:Deployment", "RandomSecret" of "guildnet:index:RandomSecret". */
export function kindOf({ type }: Pick<Change, "type">): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

function parentOf({ old, new: after }: Change): string | undefined {
  return after?.parent ?? old?.parent;
}

/** Of `urn:pulumi:<stack>::<project>::<types>::<name>` the last type. */
function typeIn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function placeOf(change: Change): Place | undefined {
  const now = labelsOf(change.new),
    before = labelsOf(change.old);
  const label = (key: string) => now(key) ?? before(key);
  const owner = label(OWNER),
    kind = (Object.keys(KINDS) as Place["kind"][]).find((one) => label(KINDS[one]) !== undefined);
  if (owner === undefined || kind === undefined) return undefined;
  const ownerBefore = before(OWNER);
  return {
    namespace: nameOf(change),
    kind,
    name: label(KINDS[kind]) ?? owner,
    owner,
    ...(ownerBefore !== undefined && ownerBefore !== owner && { ownerBefore }),
    visibility: [before(VISIBILITY), now(VISIBILITY)],
    change,
  };
}

const VISIBILITY = "guildnet.io/visibility";

function labelsOf(state: State | undefined) {
  return (key: string): string | undefined => textAt(state?.inputs, "metadata", "labels", key);
}
