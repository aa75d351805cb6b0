import { at, isRecord, settled, textAt, type Change } from "./changes.ts";
import { newRules, rulesOf, rulesText, type Rule } from "./network-rules.ts";
import { kindOf, nameOf, type Graph } from "./places.ts";

/** What nobody could reach, or nobody was let to, before. */
export interface Opening {
  /** Namespace, "this machine", "the internet" … */
  readonly where: string;
  readonly what: string;
}

/** All that a preview's changes open newly, whoever asked for it. */
export function openingsOf(changes: readonly Change[], graph: Graph): Opening[] {
  const found = [
    ...byPolicies(changes, graph),
    ...changes.flatMap((change) => [
      ...byService(change, graph),
      ...(kindOf(change) === "EmbeddedNode" ? byNode(change) : []),
      ...(kindOf(change) === "ConfigMap" && nameOf(change) === "published" ? byTunnel(change) : []),
    ]),
    ...byVisibility(graph),
  ];
  return found.sort((a, b) => (a.where === b.where ? 0 : a.where < b.where ? -1 : 1));
}

function byPolicies(changes: readonly Change[], graph: Graph): Opening[] {
  const policies = new Map<string, Change[]>();
  for (const change of changes.filter((one) => kindOf(one) === "NetworkPolicy")) {
    const where = graph.namespaceOf(change) ?? "";
    policies.set(where, [...(policies.get(where) ?? []), change]);
  }
  const namespaces = new Map(
    changes.filter((change) => kindOf(change) === "Namespace").map((change) => [nameOf(change), change.effect]),
  );
  return [...policies].flatMap(([where, all]) => {
    // In a namespace that goes there is nobody to be reached.
    if (all.every(({ effect }) => effect === "same") || namespaces.get(where) === "deleted") return [];
    const isNew = namespaces.get(where) === "created";
    const before = isNew ? [] : rulesOf(all.flatMap(({ old }) => (old ? [old.inputs.spec ?? {}] : [])));
    const after = rulesOf(
      all.flatMap(({ old, new: now, effect }) =>
        now && effect !== "deleted" ? [settled(old?.inputs.spec, now.inputs.spec ?? {})] : [],
      ),
    );
    const opened = newRules(before, after).filter((rule) => !isNew || leadsOutside(rule));
    return rulesText(opened).map((what) => ({ where, what }));
  });
}

/** Whether it is about more than programs of the guild: these are what a namespace that is made has by its kind. */
function leadsOutside({ peer }: Rule): boolean {
  return peer === undefined || peer.ipBlock !== undefined;
}

function byService(change: Change, graph: Graph): Opening[] {
  if (kindOf(change) !== "Service" || change.effect === "same" || change.effect === "deleted") return [];
  const before = exposed(change.old?.inputs),
    after = exposed(settled(change.old?.inputs, change.new?.inputs));
  const where = `${graph.namespaceOf(change) ?? ""}/${nameOf(change)}`;
  return after
    .filter((port) => !before.includes(port))
    .map((port) => ({ where, what: `in from outside of the cluster, ${port}` }));
}

/** How a Service is reached from outside of its cluster. */
function exposed(inputs: unknown): string[] {
  const type = textAt(inputs, "spec", "type");
  if (type !== "NodePort" && type !== "LoadBalancer") return [];
  return list(at(inputs, "spec", "ports")).map((port) =>
    [type, at(port, "protocol") ?? "TCP", at(port, type === "NodePort" ? "nodePort" : "port")].join(" "),
  );
}

function byNode({ old, new: after, effect }: Change): Opening[] {
  if (effect === "same" || effect === "deleted") return [];
  const before = published(old?.inputs);
  return published(after?.inputs)
    .filter((address) => !before.includes(address))
    .map((address) => ({ where: "this machine", what: `listens at ${address}` }));
}

function published(inputs: unknown): string[] {
  const apiPort = at(inputs, "apiPort");
  return [
    ...(typeof apiPort === "number" ? [`127.0.0.1:${apiPort}`] : []),
    ...list(at(inputs, "publish")).map(
      (one) => `${String(at(one, "hostAddress") ?? "127.0.0.1")}:${String(at(one, "hostPort"))}`,
    ),
  ];
}

function byTunnel({ old, new: after, effect }: Change): Opening[] {
  if (effect === "same" || effect === "deleted") return [];
  const before = publications(old?.inputs);
  return publications(after?.inputs)
    .filter((one) => !before.includes(one))
    .map((what) => ({ where: "the internet", what }));
}

/** Of each: its host name, and what is there. */
function publications(inputs: unknown): string[] {
  const text = textAt(inputs, "data", "publications");
  return text === undefined
    ? []
    : list(JSON.parse(text)).map((one) => `${String(at(one, "host"))} leads to ${String(at(one, "label"))}`);
}

const WIDER = ["private", "members", "public"];

function byVisibility({ places }: Graph): Opening[] {
  return [...places.values()].flatMap(({ visibility: [before, after], name, change: { effect } }) => {
    if (after === undefined || effect === "deleted") return [];
    const isWider = WIDER.indexOf(after) > WIDER.indexOf(before ?? "private");
    return isWider ? [{ where: `app ${name}`, what: after === "public" ? "to everybody" : "to all members" }] : [];
  });
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
