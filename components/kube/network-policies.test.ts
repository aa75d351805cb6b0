import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { denyAll, NOT_INTERNET_V4, NOT_INTERNET_V6, toDns, toInternet, toOutside } from "./network-policies.ts";
import { policySpec } from "./network-policy.ts";
import type { Policies } from "./network-policy.ts";

const specs = (policies: Policies) =>
  Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, policySpec(policy)]));

/** Whether a policy's address blocks let a packet out to an address. */
function letsOut(address: string): boolean {
  const target = ipaddr.parse(address);
  const inside = (cidr: string) => {
    const [network, length] = ipaddr.parseCIDR(cidr);
    return network.kind() === target.kind() && target.match(network, length);
  };
  const egress = policySpec(toInternet).egress as { to: { ipBlock: { cidr: string; except: string[] } }[] }[];
  return egress.flatMap(({ to }) => to).some(({ ipBlock }) => inside(ipBlock.cidr) && !ipBlock.except.some(inside));
}

describe("the internet", () => {
  test.each(["1.1.1.1", "93.184.216.34", "2606:4700::1111"])("is %s", (address) => expect(letsOut(address)).toBe(true));

  test.each([
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "64:ff9b::a00:1",
  ])("is not %s", (address) => expect(letsOut(address)).toBe(false));

  test("is told by blocks that a NetworkPolicy accepts: each inside the whole", () => {
    for (const cidr of [...NOT_INTERNET_V4, ...NOT_INTERNET_V6]) {
      const [network, length] = ipaddr.parseCIDR(cidr);
      expect(network.match(network, length), cidr).toBe(true);
      expect(length, cidr).toBeGreaterThan(0);
    }
  });
});

describe("what a place reaches outside", () => {
  test("is the internet, nothing, or the networks that are named alone", () => {
    expect(toOutside(true)).toEqual({ "to-internet": toInternet });
    expect(toOutside(false)).toEqual({});
    expect(specs(toOutside(["10.1.0.0/16", "192.168.1.20/32"]))).toEqual({
      "to-internet": {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.1.0.0/16" } }, { ipBlock: { cidr: "192.168.1.20/32" } }] }],
      },
    });
  });

  test("never turns into everything: an empty list is nothing, and the internet in a list is without private networks", () => {
    expect(toOutside([])).toEqual({});
    const whole = [
      { ipBlock: { cidr: "0.0.0.0/0", except: NOT_INTERNET_V4 } },
      { ipBlock: { cidr: "::/0", except: NOT_INTERNET_V6 } },
    ];
    expect(specs(toOutside(["0.0.0.0/0", "10.1.0.0/16"]))["to-internet"]).toMatchObject({
      egress: [{ to: [...whole, { ipBlock: { cidr: "10.1.0.0/16" } }] }],
    });
  });
});

test("nothing passes that no policy names", () => {
  expect(policySpec(denyAll)).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
});

test("DNS is the cluster's, at the ports its pods may listen at", () => {
  const [rule] = policySpec(toDns).egress as { to: object[]; ports: { port: number; protocol: string }[] }[];
  expect(rule?.to).toHaveLength(1);
  expect(rule?.ports.map(({ port, protocol }) => `${protocol} ${port}`).sort()).toEqual([
    "TCP 1053",
    "TCP 53",
    "UDP 1053",
    "UDP 53",
  ]);
});
