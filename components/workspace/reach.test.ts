import { expect, test } from "vitest";
import { policySpec } from "../kube/network-policy.ts";
import { fromPortal } from "./reach.ts";

test("in comes the portal alone, to the workspace's ports alone", () => {
  const [rule, ...others] = policySpec(fromPortal("guildnet-portal", [8080, 3000])).ingress as {
    from: object[];
    ports: object[];
  }[];
  expect(others).toEqual([]);
  // One entry: pods of the portal in its namespace. Two would mean either.
  expect(rule?.from).toEqual([
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "guildnet-portal" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "portal" } },
    },
  ]);
  expect(rule?.ports).toEqual([
    { protocol: "TCP", port: 8080 },
    { protocol: "TCP", port: 3000 },
  ]);
});
