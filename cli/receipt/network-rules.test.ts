import { describe, expect, it } from "vitest";
import { newRules, rulesOf, rulesText } from "./network-rules.ts";

const closed = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
const out = (to: object[], ports?: object[]) => ({
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [{ to, ...(ports && { ports }) }],
});
const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });
const opened = (before: object[], after: object[]) => rulesText(newRules(rulesOf(before), rulesOf(after)));

describe("what policies open newly", () => {
  it("is nothing where they are written otherwise, or narrower", () => {
    expect(opened([closed, out([block("10.0.0.0/8")])], [closed, out([block("10.1.0.0/16")])])).toEqual([]);
    expect(
      opened(
        [closed, out([block("0.0.0.0/0", "10.0.0.0/8")])],
        [closed, out([block("0.0.0.0/1", "10.0.0.0/8"), block("192.0.2.0/24")])],
      ),
    ).toEqual([]);
    expect(opened([closed, out([], [{ port: 1, endPort: 9 }])], [closed, out([], [{ port: 3 }])])).toEqual([]);
    expect(opened([], [closed])).toEqual([]);
    // What all pods may, some of them may.
    const web = { matchLabels: { "app.kubernetes.io/name": "web" } };
    const wide = out([block("10.0.0.0/8")]);
    expect(opened([closed, wide], [closed, { ...wide, podSelector: web }])).toEqual([]);
    expect(opened([closed, { ...wide, podSelector: web }], [closed, wide])).toEqual(["out to 10.0.0.0/8"]);
  });

  it("is a network that there was no way to, or only one around it", () => {
    expect(opened([closed], [closed, out([block("10.0.0.0/8")])])).toEqual(["out to 10.0.0.0/8"]);
    expect(
      opened([closed, out([block("0.0.0.0/0", "10.0.0.0/8")])], [closed, out([block("10.1.0.0/16")], [{ port: 443 }])]),
    ).toEqual(["out to 10.1.0.0/16, TCP 443"]);
  });

  it("is a port, a protocol, a program", () => {
    const dns = { podSelector: { matchLabels: { "k8s-app": "kube-dns" } }, namespaceSelector: {} };
    expect(
      opened(
        [closed, out([dns], [{ protocol: "UDP", port: 53 }])],
        [
          closed,
          out(
            [dns],
            [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          ),
        ],
      ),
    ).toEqual(["out to kube-dns of all namespaces, TCP 53"]);
  });

  it("is everything, where what closed a direction goes", () => {
    expect(opened([closed], [])).toEqual(["in from everybody", "out to everybody"]);
    expect(opened([closed], [{ ...closed, policyTypes: ["Ingress"] }])).toEqual(["out to everybody"]);
  });

  it("is what a policy has rules for, where it does not say what it is about", () => {
    const silent = { podSelector: {}, egress: [{ to: [block("10.0.0.0/8")] }] };
    expect(opened([closed], [closed, silent])).toEqual(["out to 10.0.0.0/8"]);
    expect(opened([closed], [{ podSelector: {} }])).toEqual(["out to everybody"]);
  });

  it("is for some pods alone where a policy selects them", () => {
    const web = {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "web" } },
      policyTypes: ["Ingress"],
      ingress: [{}],
    };
    expect(opened([closed], [closed, web])).toEqual(["web: in from everybody"]);
  });
});
