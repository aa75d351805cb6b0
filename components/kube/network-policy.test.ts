import { expect, test } from "vitest";
import { policySpec, program, tcp } from "./network-policy.ts";

test("a direction that is named is closed but for what is named in it", () => {
  expect(policySpec({ from: [] })).toEqual({ podSelector: {}, policyTypes: ["Ingress"] });
  expect(policySpec({ to: [{ peers: ["pods"] }] })).toEqual({
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ to: [{ namespaceSelector: {} }] }],
  });
});

test("nobody and no port are nothing, where Kubernetes takes an empty list for everything", () => {
  expect(policySpec({ from: [{ peers: [], ports: tcp(443) }], to: [{ peers: [program("app")], ports: [] }] })).toEqual({
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
  });
});

test("a program's pods are those of its namespace, in one entry: two would mean either", () => {
  expect(policySpec({ to: [{ peers: [program("registry", "guildnet-registry"), program("backup")] }] }).egress).toEqual(
    [
      {
        to: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "guildnet-registry" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "registry" } },
          },
          { namespaceSelector: {}, podSelector: { matchLabels: { "app.kubernetes.io/name": "backup" } } },
        ],
      },
    ],
  );
});
