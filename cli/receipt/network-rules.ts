import ipaddr from "ipaddr.js";
import { z } from "zod";
import { isUnknown } from "./changes.ts";

// What policies let pass, one peer and one port at a time, so that what is new can be told from what is written anew.

const labels = z.record(z.string(), z.string());
const selector = z.object({ matchLabels: labels.optional(), matchExpressions: z.array(z.unknown()).optional() });
const peer = z.object({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const port = z.object({
  protocol: z.string().default("TCP"),
  port: z.union([z.number(), z.string()]).optional(),
  endPort: z.number().optional(),
});
const ports = z.array(port).default([]);
const spec = z.object({
  podSelector: selector.default({}),
  policyTypes: z.array(z.enum(["Ingress", "Egress"])).optional(),
  ingress: z.array(z.object({ from: z.array(peer).default([]), ports })).default([]),
  egress: z.array(z.object({ to: z.array(peer).default([]), ports })).default([]),
});

/** What it is about; where it doesn't say, of its way out only if there are rules for that, as the API server has it. */
function typesOf({ policyTypes, egress }: z.infer<typeof spec>): readonly string[] {
  return policyTypes ?? ["Ingress", ...(egress.length > 0 ? ["Egress"] : [])];
}

type Peer = z.infer<typeof peer>;
type Port = z.infer<typeof port>;

/** One thing that may pass. */
export interface Rule {
  readonly direction: "in" | "out";
  /** The pods that it is for, as a selector; "" for all of the namespace. */
  readonly pods: string;
  /** undefined for whoever there is. */
  readonly peer?: Peer;
  /** undefined for all. */
  readonly port?: Port;
}

/** What the policies of one namespace let pass; a direction that none of them closes for all pods is open. */
export function rulesOf(policies: readonly unknown[]): Rule[] {
  const all = policies.map((policy) => spec.parse(policy));
  return (["in", "out"] as const).flatMap((direction): Rule[] => {
    const type = direction === "in" ? "Ingress" : "Egress";
    const closing = all.filter((policy) => typesOf(policy).includes(type));
    if (!closing.some(({ podSelector }) => inText(podSelector) === "")) return [{ direction, pods: "" }];
    return closing.flatMap(({ podSelector, ingress, egress }) => {
      const traffic =
        direction === "in"
          ? ingress.map(({ from, ports }) => ({ peers: from, ports }))
          : egress.map(({ to, ports }) => ({ peers: to, ports }));
      return traffic.flatMap(({ peers, ports }) =>
        orAny(peers).flatMap((one) =>
          orAny(ports).map((other) => ({
            direction,
            pods: inText(podSelector),
            ...(one && { peer: one }),
            ...(other && { port: other }),
          })),
        ),
      );
    });
  });
}

/** Nothing named is everything. */
function orAny<T>(list: readonly T[]): readonly (T | undefined)[] {
  return list.length === 0 ? [undefined] : list;
}

/** Rules that let pass what none of those before did. */
export function newRules(before: readonly Rule[], after: readonly Rule[]): Rule[] {
  return after.filter((rule) => !before.some((old) => covers(old, rule)));
}

function covers(old: Rule, rule: Rule): boolean {
  return (
    old.direction === rule.direction &&
    (old.pods === "" || old.pods === rule.pods) &&
    (old.peer === undefined || (rule.peer !== undefined && coversPeer(old.peer, rule.peer))) &&
    (old.port === undefined || (rule.port !== undefined && coversPort(old.port, rule.port)))
  );
}

function coversPeer(old: Peer, rule: Peer): boolean {
  if (old.ipBlock !== undefined && rule.ipBlock !== undefined) {
    const [inner, outer] = [rule.ipBlock, old.ipBlock];
    return (
      isWithin(inner.cidr, outer.cidr) &&
      outer.except.every((hole) => !overlap(hole, inner.cidr) || inner.except.some((other) => isWithin(hole, other)))
    );
  }
  return peerText(old) === peerText(rule);
}

/** A port that is not known yet, the API server's own where its node changes, is the one that it was. */
function coversPort(old: Port, rule: Port): boolean {
  if (old.protocol !== rule.protocol) return false;
  if (old.port === undefined || isUnknown(rule.port)) return true;
  if (typeof old.port !== "number" || typeof rule.port !== "number") return old.port === rule.port;
  return old.port <= rule.port && (rule.endPort ?? rule.port) <= (old.endPort ?? old.port);
}

function isWithin(inner: string, outer: string): boolean {
  if (isUnknown(inner) || isUnknown(outer)) return false;
  const [address, length] = ipaddr.parseCIDR(inner),
    [network, outerLength] = ipaddr.parseCIDR(outer);
  return address.kind() === network.kind() && length >= outerLength && address.match(network, outerLength);
}

function overlap(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** Rules in words, as "out to 192.168.7.0/24, TCP 443, 8443": one for all ports to the same end. */
export function rulesText(rules: readonly Rule[]): string[] {
  const ends = new Map<string, string[]>();
  for (const { direction, pods, peer, port } of rules) {
    const whom = peer === undefined ? "everybody" : peerText(peer);
    const end = [...(pods === "" ? [] : [`${pods}:`]), direction === "in" ? "in from" : "out to", whom].join(" ");
    ends.set(end, [...(ends.get(end) ?? []), ...(port === undefined ? [] : [portText(port)])]);
  }
  return [...ends].map(([end, ports]) => [end, ...ports].join(", "));
}

function peerText({ ipBlock, podSelector, namespaceSelector }: Peer): string {
  if (ipBlock !== undefined) {
    const { cidr, except } = ipBlock;
    if (isUnknown(cidr)) return "a network that is known once it is made";
    const isWhole = cidr === "0.0.0.0/0" || cidr === "::/0";
    if (isWhole && except.length > 3) return `the internet (${cidr} without ${except.length} networks)`;
    return except.length === 0 ? cidr : `${cidr} without ${except.join(", ")}`;
  }
  const within = namespaceSelector === undefined ? "" : inText(namespaceSelector),
    pods = podSelector === undefined ? "" : inText(podSelector);
  const where =
    namespaceSelector === undefined ? "of its namespace" : within === "" ? "of all namespaces" : `of ${within}`;
  return `${pods === "" ? "pods" : pods} ${where}`;
}

function portText({ protocol, port: first, endPort }: Port): string {
  if (first === undefined) return protocol;
  return `${protocol} ${isUnknown(first) ? "of the API server" : first}${endPort === undefined ? "" : `–${endPort}`}`;
}

/** Namespaces and programs by their names, where that is what selects them. */
function inText({ matchLabels = {}, matchExpressions = [] }: z.infer<typeof selector>): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) =>
      ["app.kubernetes.io/name", "kubernetes.io/metadata.name", "k8s-app"].includes(key) ? value : `${key}=${value}`,
    ),
    ...matchExpressions.map((expression) => JSON.stringify(expression)),
  ].join(" ");
}
