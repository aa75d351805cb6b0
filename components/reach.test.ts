import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { registeredBy, wholeGuilds } from "../tests/support/guilds.ts";
import { mayReach, reachTable } from "../tests/support/reach.ts";
import type { NetworkPolicy, Pod, Rules } from "../tests/support/reach.ts";
import { renderedObjects } from "../tests/support/rendered.ts";
import { label } from "./kube/labels.ts";

// Who may reach whom, over all that a config can turn on.

let policies: NetworkPolicy[] = [];
beforeAll(async () => {
  const all: NetworkPolicy[] = [];
  for (const raw of Object.values(wholeGuilds))
    all.push(
      ...(renderedObjects(await registeredBy(raw)).filter(
        ({ kind }) => kind === "NetworkPolicy",
      ) as unknown as NetworkPolicy[]),
    );
  policies = all;
}, 60_000);

test("is the table of the documentation; after a change that is meant: npx vitest run --project unit components/reach.test.ts --update", async () => {
  const page = [
    "# Who may reach whom",
    "",
    "All NetworkPolicies of all that a config can turn on, written by `components/reach.test.ts`. People's namespaces are told of once, and so are the addresses that Services get when they are made.",
    "",
    reachTable(policies).replaceAll(/10\.96\.\d+\.\d+\/32/g, "a Service's address"),
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../docs/reach.md");
});

test("is made in one place", () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(file),
  );
  expect(
    sources.filter((file) => readFileSync(join(import.meta.dirname, file), "utf8").includes("v1.NetworkPolicy(")),
  ).toEqual(["kube/network-policy.ts"]);
});

test("every namespace with a policy is closed, both ways, but kube-system, which is not the guild's", () => {
  const closed = new Set(
    policies
      .filter(({ spec }) => spec.policyTypes.length === 2 && Object.keys(spec.podSelector).length === 0)
      .map(({ metadata }) => metadata.namespace),
  );
  expect(
    [...new Set(policies.map(({ metadata }) => metadata.namespace))].filter((namespace) => !closed.has(namespace)),
  ).toEqual(["kube-system"]);
});

describe("a workspace", () => {
  const pod = (namespace: string, app: string, address = "10.244.0.9"): Pod => ({
    namespace,
    address,
    labels: { "app.kubernetes.io/name": app },
  });
  const rules = (): Rules => {
    const names = [...new Set(policies.map(({ metadata }) => metadata.namespace ?? ""))];
    const labelled = (name: string) => ({
      "kubernetes.io/metadata.name": name,
      ...(name.startsWith("ws-") && { [label.workspace]: name }),
      ...(name.startsWith("app-") && { [label.app]: name }),
    });
    return { policies, namespaces: new Map(names.map((name) => [name, labelled(name)])) };
  };
  const ada = pod("ws-ada", "workspace"),
    bob = pod("ws-bob", "workspace"),
    portal = pod("guildnet-portal", "portal"),
    registry = pod("guildnet-registry", "registry");

  test("is reached by the portal, at its declared ports", () => {
    expect([8080, 3000, 22].map((port) => mayReach(rules(), portal, ada, port))).toEqual([true, true, false]);
    expect(mayReach(rules(), portal, pod("app-wiki", "app"), 3000)).toBe(true);
  });

  test("reaches the registry and its tokens, and neither other workspaces, nor apps, nor the portal, nor what is the guild's own", () => {
    expect([5000, 5001, 5002].map((port) => mayReach(rules(), ada, registry, port))).toEqual([true, true, false]);
    const others: [Pod, number][] = [
      [bob, 8080],
      [pod("app-wiki", "app"), 3000],
      [portal, 8443],
      [pod("guildnet-backup", "backup-server"), 8000],
      [pod("guildnet-mesh", "headscale"), 8443],
      [pod("cert-manager", "cert-manager-webhook"), 10250],
    ];
    expect(others.filter(([to, port]) => mayReach(rules(), ada, to, port))).toEqual([]);
  });

  test("is not reached by a tunnel from the internet, which gets to what the portal publishes and to nothing else", () => {
    const tunnel = pod("guildnet-tunnel", "tunnel");
    expect([8445, 8443, 8444, 8081].map((port) => mayReach(rules(), tunnel, portal, port))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const others: [Pod, number][] = [
      [ada, 8080],
      [ada, 3000],
      [pod("app-wiki", "app"), 3000],
      [registry, 5000],
      [pod("guildnet-mesh", "headscale"), 8443],
    ];
    expect(others.filter(([to, port]) => mayReach(rules(), tunnel, to, port))).toEqual([]);
    expect([ada, registry].filter((from) => mayReach(rules(), from, portal, 8445))).toEqual([]);
  });

  test("reaches the notes, as the portal does and nothing else; they reach the event bus alone", () => {
    const notes = pod("guildnet-notes", "notes");
    expect([8443, 8081].map((port) => mayReach(rules(), ada, notes, port))).toEqual([true, false]);
    expect([8443, 8081].map((port) => mayReach(rules(), portal, notes, port))).toEqual([true, false]);
    expect([registry, pod("app-wiki", "app")].filter((from) => mayReach(rules(), from, notes, 8443))).toEqual([]);
    expect(mayReach(rules(), notes, pod("guildnet-events", "nats"), 4222)).toBe(true);
    const others: [Pod, number][] = [
      [ada, 8080],
      [portal, 8443],
      [registry, 5000],
    ];
    expect(others.filter(([to, port]) => mayReach(rules(), notes, to, port))).toEqual([]);
  });

  test("asks models of their one address, and no server of models by itself", () => {
    const gateway = pod("guildnet-models", "model-gateway");
    expect([8443, 8081, 9090].map((port) => mayReach(rules(), ada, gateway, port))).toEqual([true, false, false]);
    const ollama = pod("guildnet-ollama", "ollama");
    expect([ada, gateway].map((from) => mayReach(rules(), from, ollama, 11434))).toEqual([false, true]);
  });

  test("is not reached by one whose own policies are open", () => {
    const open: NetworkPolicy = {
      metadata: { name: "open", namespace: "ws-bob" },
      spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{}] },
    };
    const { namespaces } = rules();
    expect(mayReach({ policies: [...policies, open], namespaces }, bob, ada, 8080)).toBe(false);
  });
});
