/** Who may reach whom, as NetworkPolicies say it: as a table, and asked for two pods. */
import { contains, parseRange } from "../../components/kube/address-range.ts";
import { NOT_INTERNET_V4, NOT_INTERNET_V6 } from "../../components/kube/network-policies.ts";

type Labels = Readonly<Record<string, string>>;
interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string }[];
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}
interface Port {
  protocol?: string;
  port?: number;
  endPort?: number;
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: Port[];
}

export interface NetworkPolicy {
  metadata: { name: string; namespace?: string };
  spec: { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] };
}

/** Namespaces of people, of which there are as many as there are people. */
const PERSONAL = /^(ws|app|batch)-.*/;

/** The table, as Markdown: a section for each namespace, a line for each thing that may pass. */
export function reachTable(policies: readonly NetworkPolicy[]): string {
  const sections = new Map<string, Set<string>>();
  for (const { metadata, spec } of policies) {
    const namespace = (metadata.namespace ?? "").replace(PERSONAL, "$1-…");
    const lines = sections.get(namespace) ?? new Set();
    sections.set(namespace, lines);
    const row = (direction: string, peers: string, ports: string) =>
      void lines.add(`| ${podsIn(spec.podSelector)} | ${direction} | ${peers} | ${ports} | ${metadata.name} |`);
    for (const direction of spec.policyTypes) {
      const rules = direction === "Ingress" ? spec.ingress : spec.egress,
        word = direction === "Ingress" ? "in" : "out";
      if (rules === undefined) row(word, "nobody, but for what follows", "");
      for (const { from, to, ports } of rules ?? [])
        row(word, (from ?? to)?.map(nameOf).join(", ") ?? "anyone, inside and outside", portsOf(ports));
    }
  }
  return [...sections]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([namespace, lines]) =>
      [
        `## ${namespace}`,
        "",
        "| pods | | whom | ports | policy |",
        "|---|---|---|---|---|",
        ...[...lines].sort(byPolicy),
        "",
      ].join("\n"),
    )
    .join("\n");
}

/** What closes comes first, as all else is an exception of it. */
function byPolicy(a: string, b: string): number {
  const closes = (line: string) => Number(!line.includes("nobody"));
  return closes(a) - closes(b) || (a < b ? -1 : 1);
}

function podsIn({ matchLabels }: Selector): string {
  return matchLabels === undefined
    ? "every pod"
    : Object.values(matchLabels)
        .map((value) => `\`${value}\``)
        .join(", ");
}

function nameOf({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  if (ipBlock !== undefined) {
    if (ipBlock.except === undefined) return ipBlock.cidr;
    return [NOT_INTERNET_V4, NOT_INTERNET_V6].some((all) => all.join() === ipBlock.except?.join())
      ? `the internet (of ${ipBlock.cidr} what is public)`
      : `${ipBlock.cidr} without ${ipBlock.except.join(", ")}`;
  }
  const namespace = namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"],
    [exists] = namespaceSelector?.matchExpressions ?? [];
  const where =
    namespace === undefined
      ? exists === undefined
        ? "of any namespace"
        : `of namespaces labelled ${exists.key}`
      : `of ${namespace}`;
  return `${podSelector === undefined ? "every pod" : podsIn(podSelector)} ${where}`;
}

function portsOf(ports: readonly Port[] | undefined): string {
  if (ports === undefined) return "all";
  const text = ({ protocol = "TCP", port, endPort }: Port) =>
    `${protocol} ${port}${endPort === undefined ? "" : `–${endPort}`}`;
  return [...new Set(ports.map(text))].join(", ");
}

/** A pod as policies see it. */
export interface Pod {
  namespace: string;
  labels: Labels;
  address: string;
}

/** Everything that decides. */
export interface Rules {
  policies: readonly NetworkPolicy[];
  /** Labels of namespaces, by their names. */
  namespaces: ReadonlyMap<string, Labels>;
}

/** Whether a pod gets a TCP connection to another's port: both have to let it pass, and a pod that no policy of a direction is for lets all pass. */
export function mayReach(rules: Rules, from: Pod, to: Pod, port: number): boolean {
  return lets(rules, "Egress", from, to, port) && lets(rules, "Ingress", to, from, port);
}

function lets(
  { policies, namespaces }: Rules,
  direction: "Ingress" | "Egress",
  own: Pod,
  other: Pod,
  port: number,
): boolean {
  const meant = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === own.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, own.labels),
  );
  const allowed = meant.flatMap(({ spec }) => (direction === "Ingress" ? spec.ingress : spec.egress) ?? []);
  return (
    meant.length === 0 ||
    allowed.some(({ from, to, ports }) => {
      const peers = direction === "Ingress" ? from : to;
      return (
        (peers?.some((peer) => isPeer(peer, own, other, namespaces)) ?? true) &&
        (ports?.some((each) => isPort(each, port)) ?? true)
      );
    })
  );
}

function isPeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  own: Pod,
  other: Pod,
  namespaces: Rules["namespaces"],
): boolean {
  if (ipBlock !== undefined)
    return (
      inside(ipBlock.cidr, other.address) && !(ipBlock.except ?? []).some((network) => inside(network, other.address))
    );
  const there =
    namespaceSelector === undefined
      ? other.namespace === own.namespace
      : selects(namespaceSelector, namespaces.get(other.namespace) ?? {});
  return there && selects(podSelector ?? {}, other.labels);
}

function isPort({ protocol = "TCP", port, endPort = port }: Port, asked: number): boolean {
  return protocol === "TCP" && (port === undefined || (asked >= port && asked <= (endPort ?? port)));
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator }) => {
      if (operator !== "Exists") throw new Error(`no policy of this project has the operator ${operator}`);
      return key in labels;
    })
  );
}

/** Whether an IPv4 network holds an address. */
function inside(network: string, address: string): boolean {
  const range = parseRange(network),
    one = parseRange(`${address}/32`);
  return range !== undefined && one !== undefined && contains(range, one);
}
