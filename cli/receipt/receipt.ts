import { inWords } from "../../images/pod/workload-words.ts";
import { at, differ, textAt, type Change, type Effect, type PolicyFinding, type Preview } from "./changes.ts";
import { clusterOf, type ClusterReceipt } from "./node.ts";
import { openingsOf, type Opening } from "./openings.ts";
import { graphOf, kindOf, nameOf, type Component, type Graph, type Place } from "./places.ts";
import { podsOf, type PodsReceipt } from "./pods.ts";
import { volumeOf, type VolumeReceipt } from "./volumes.ts";

/** What becomes of the objects of one workspace, app or system. */
interface PartReceipt {
  readonly effect: "made" | "changes" | "goes";
  readonly pods: readonly PodsReceipt[];
  /** All of them, those that are left alone as well. */
  readonly volumes: readonly VolumeReceipt[];
  /** Other objects that change, such as "NetworkPolicy to-internet". */
  readonly settings: readonly string[];
}

export interface PlaceReceipt extends PartReceipt {
  readonly kind: Place["kind"];
  readonly name: string;
  readonly namespace: string;
  /** Whose it was, where it passes to somebody else. */
  readonly ownerBefore?: string;
}

export interface PersonReceipt {
  readonly handle: string;
  readonly effect: "joins" | "leaves" | "touched" | "untouched";
  /** What of theirs is touched. */
  readonly places: readonly PlaceReceipt[];
}

export interface SystemReceipt extends PartReceipt {
  /** In words: "image registry", "portal". */
  readonly name: string;
  /** Class of the component. */
  readonly component: string;
  /** Whom it reaches that its pods end, where they do. */
  readonly reaches?: string;
}

/** Who is touched by a run, and how. What `--json` prints: fields are added, and never change their meaning within a version. */
export interface Receipt {
  readonly version: 1;
  readonly stack: string;
  /** Whether the preview failed: what there is of a receipt is a part of it then, and nothing of it would be done. */
  readonly failed: boolean;
  /** Whether there is nothing to do. */
  readonly isUnchanged: boolean;
  /** How many resources, components left out. */
  readonly counts: Readonly<Record<Exclude<Effect, "same">, number>>;
  readonly people: readonly PersonReceipt[];
  readonly systems: readonly SystemReceipt[];
  readonly cluster?: ClusterReceipt;
  readonly opens: readonly Opening[];
  /** What is deleted and made anew. */
  readonly replaces: readonly string[];
  /** Volumes whose files are gone afterwards, but for backups. */
  readonly loses: readonly string[];
  /** Keys and passwords that are others afterwards. */
  readonly secrets: readonly string[];
  readonly certificates: readonly string[];
  readonly policies: readonly PolicyFinding[];
  /** Why it failed, in the engine's words. */
  readonly errors: readonly string[];
}

/** What the engine makes for itself. */
const ofTheEngine = ({ type }: Change): boolean => type.startsWith("pulumi:");

export function receiptOf(
  stack: string,
  { changes: all, policies, errors }: Preview,
  { failed = errors.length > 0 }: { failed?: boolean } = {},
): Receipt {
  const graph = graphOf(all),
    own = all.filter((change) => !ofTheEngine(change)),
    resources = own.filter((change) => !graph.isComponent(change)),
    changed = resources.filter(({ effect }) => effect !== "same");
  const cluster = clusterOf(own),
    pods = podsIn(cluster);
  const within = byNamespace(resources, graph);
  const places = [...graph.places.values()].map((place) => ({
    place,
    receipt: ofPlace(place, within.get(place.namespace) ?? [], pods),
  }));
  return {
    version: 1,
    stack,
    failed,
    isUnchanged: !failed && changed.length === 0,
    counts: countsOf(changed),
    people: peopleOf(places, own, graph),
    systems: systemsOf(resources, own, graph, pods),
    ...(cluster && { cluster }),
    opens: openingsOf(resources, graph),
    replaces: changed.filter(({ effect }) => effect === "replaced").map((change) => labelOf(change, graph)),
    loses: changed.filter((change) => volumeOf(change)?.isLost === true).map((change) => labelOf(change, graph)),
    secrets: changed.filter(isSecretMadeAnew).map((change) => labelOf(change, graph)),
    certificates: changed
      .filter((change) => change.effect !== "created" && change.effect !== "deleted" && isCertificate(change))
      .map((change) => change.name),
    policies,
    errors,
  };
}

type PodsIn = (change: Change) => PodsReceipt | undefined;

/** With their node all pods start anew, also those that nothing else is done to. */
function podsIn(cluster: ClusterReceipt | undefined): PodsIn {
  if (cluster?.effect !== "restarts") return podsOf;
  return (change) =>
    podsOf(change) ??
    (change.effect === "same" || change.effect === "updated"
      ? podsOf({ ...change, effect: "replaced" }) && {
          kind: kindOf(change),
          name: nameOf(change),
          effect: "restart",
          because: ["the cluster restarts"],
        }
      : undefined);
}

function byNamespace(resources: readonly Change[], graph: Graph): ReadonlyMap<string | undefined, readonly Change[]> {
  const found = new Map<string | undefined, Change[]>();
  for (const change of resources) {
    const namespace = graph.namespaceOf(change),
      others = found.get(namespace);
    if (others === undefined) found.set(namespace, [change]);
    else others.push(change);
  }
  return found;
}

function partOf(changes: readonly Change[], effect: PartReceipt["effect"], pods: PodsIn): PartReceipt {
  return {
    effect,
    pods: changes.flatMap((change) => pods(change) ?? []),
    volumes: changes.flatMap((change) => volumeOf(change) ?? []),
    settings: changes
      .filter(
        (change) =>
          change.effect !== "same" && pods(change) === undefined && kindOf(change) !== "PersistentVolumeClaim",
      )
      .map((change) => `${kindOf(change)} ${nameOf(change)}`),
  };
}

/** Undefined where nothing of it is touched. */
function ofPlace(place: Place, resources: readonly Change[], pods: PodsIn): PlaceReceipt | undefined {
  const { namespace, kind, name, ownerBefore, change } = place;
  const part = partOf(resources, effectOf(change.effect), pods);
  return isTouched(part)
    ? { kind, name, namespace, ...(ownerBefore !== undefined && { ownerBefore }), ...part }
    : undefined;
}

function isTouched({ effect, pods, volumes, settings }: PartReceipt): boolean {
  return (
    effect !== "changes" ||
    pods.length > 0 ||
    settings.length > 0 ||
    volumes.some((volume) => volume.effect !== "untouched")
  );
}

function effectOf(effect: Effect): PartReceipt["effect"] {
  if (effect === "created") return "made";
  return effect === "deleted" ? "goes" : "changes";
}

/** Everybody who is in the guild before or after, by handle. */
function peopleOf(
  places: readonly { place: Place; receipt: PlaceReceipt | undefined }[],
  own: readonly Change[],
  graph: Graph,
): PersonReceipt[] {
  const listed = own.find((change) => isListOfPeople(change, graph));
  const handles = (when: "old" | "new"): string[] => [
    ...handlesIn(listed?.[when]?.inputs),
    ...places
      .filter(({ place: { change } }) => change[when] !== undefined)
      .map(({ place }) => (when === "old" ? (place.ownerBefore ?? place.owner) : place.owner)),
  ];
  const before = new Set(handles("old")),
    // Whose home stays in a guild that they left is no member for it.
    after = new Set(handles("new"));
  return [...new Set([...before, ...after])].sort().map((handle) => {
    const theirs = places.flatMap(({ place, receipt }) =>
      receipt !== undefined && [place.owner, place.ownerBefore].includes(handle) ? [receipt] : [],
    );
    const stays = before.has(handle) && after.has(handle);
    const effect = stays ? (theirs.length > 0 ? "touched" : "untouched") : after.has(handle) ? "joins" : "leaves";
    return { handle, effect, places: theirs };
  });
}

function isListOfPeople(change: Change, graph: Graph): boolean {
  return kindOf(change) === "ConfigMap" && nameOf(change) === "people" && graph.componentOf(change)?.type === "Portal";
}

function handlesIn(inputs: unknown): string[] {
  return (textAt(inputs, "data", "handles") ?? "").split(",").filter((handle) => handle !== "");
}

/** Everything that is nobody's in particular, by the component that it belongs to. */
function systemsOf(resources: readonly Change[], own: readonly Change[], graph: Graph, pods: PodsIn): SystemReceipt[] {
  const byComponent = new Map<string, { component: Component; changes: Change[] }>();
  for (const change of resources) {
    const component = graph.componentOf(change);
    if (component === undefined || kindOf(change) === "EmbeddedNode" || isSomebodys(change, graph)) continue;
    const { changes } = byComponent.get(component.urn) ?? { changes: [] };
    byComponent.set(component.urn, { component, changes: [...changes, change] });
  }
  const ownByUrn = new Map(own.map((change) => [change.urn, change]));
  return [...byComponent.values()]
    .map(({ component: { urn, type, name }, changes }) => {
      const itself = ownByUrn.get(urn);
      const part = partOf(changes, effectOf(itself?.effect ?? "same"), pods);
      const isAway = part.effect !== "made" && part.pods.some(({ effect }) => effect === "restart" || effect === "end");
      const isAlone = [...byComponent.values()].filter(({ component }) => component.type === type).length === 1;
      return {
        name: isAlone ? inWords(type) : `${inWords(type)} ${name}`,
        component: type,
        ...part,
        ...(isAway && { reaches: part.effect === "goes" ? "whoever uses it, for good" : reachOf(itself) }),
      };
    })
    .filter(isTouched)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** In the component's own words, which it registers as an input. */
function reachOf(component: Change | undefined): string {
  const [now, before] = [component?.new, component?.old].map((state) => textAt(state?.inputs, "reaches"));
  return now ?? before ?? "whoever uses it: it is away for some seconds";
}

function isSomebodys(change: Change, graph: Graph): boolean {
  return graph.places.has(graph.namespaceOf(change) ?? "");
}

function countsOf(changed: readonly Change[]): Receipt["counts"] {
  const count = (effect: Effect) => changed.filter((change) => change.effect === effect).length;
  return {
    created: count("created"),
    updated: count("updated"),
    replaced: count("replaced"),
    deleted: count("deleted"),
  };
}

/** "PersistentVolumeClaim ws-ada/home", or the resource's own name where it is no object of the cluster. */
function labelOf(change: Change, graph: Graph): string {
  if (!change.type.startsWith("kubernetes:")) return `${kindOf(change)} ${change.name}`;
  const namespace = kindOf(change) === "Namespace" ? undefined : graph.namespaceOf(change);
  return `${kindOf(change)} ${namespace === undefined ? "" : `${namespace}/`}${nameOf(change)}`;
}

/** What makes up keys and passwords, and what of it makes another one. Where their servers are is none of that. */
const MAKES_SECRETS = new Set([
    "RandomSecret",
    "HeadscalePreAuthKey",
    "HeadscaleApiKey",
    "EventGuildAccount",
    "EventIdentity",
    "EventOperator",
  ]),
  NATURE = ["generation", "tags", "reusable", "ephemeral", "expirationHours"];

/** Its provider alone can tell whether what is secret differs; where it can't look, what makes up secrets tells. */
function isSecretMadeAnew({ type, effect, differs, old, new: after }: Change): boolean {
  if (effect !== "updated" && effect !== "replaced") return false;
  if (MAKES_SECRETS.has(kindOf({ type })))
    return effect === "replaced" || NATURE.some((key) => differ(at(old?.inputs, key), at(after?.inputs, key)));
  return type === "kubernetes:core/v1:Secret" && (differs ?? []).some((path) => /^(data|stringData)\b/.test(path));
}

function isCertificate({ type }: Change): boolean {
  return (
    ["guildnet:index:Certificate", "guildnet:index:CertificateAuthority"].includes(type) ||
    /cert-manager\.io.*:Certificate$/.test(type)
  );
}
