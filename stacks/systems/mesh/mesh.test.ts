import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { record, serviceAddress, showsInPlain } from "../../../components/testing/record.ts";
import type { Registered } from "../../../components/testing/record.ts";
import { podSpecOf } from "../../../policy/src/objects.ts";
import { restrictedViolations } from "../../../policy/src/pod-security.ts";
import { resourceRules, stackRules } from "../../../policy/src/rules.ts";
import { stackViolations, violations } from "../../../policy/src/testing/check.ts";
import type { Given } from "../../../policy/src/testing/check.ts";
import { parseGuild } from "../../check/parse.ts";
import { guild } from "../../guild.ts";
import type { GuildOutputs } from "../../guild.ts";
import { meshNotes } from "./layer.ts";

// Images by reference, so that the graph doesn't depend on what is built on this machine.
const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const kubeconfig = {
  text: "kubeconfig",
  server: "https://192.0.2.1:6443",
  clusterName: "lab",
  credentials: { skipVerify: false },
};
const people = { people: { ada: {}, bob: {} }, workspaces: [{ owner: "ada" }] };

async function graph(raw: Record<string, unknown>, apiKey?: string) {
  let outputs: GuildOutputs | undefined;
  const joined = (raw["cluster"] as { kind: string } | undefined)?.kind === "existing" ? kubeconfig : undefined;
  const config = parseGuild(
    { images, ...people, ...raw },
    { kubeconfig: joined !== undefined, meshApiKey: apiKey !== undefined },
  );
  const all = await record(
    () =>
      void (outputs = guild(config, joined, apiKey === undefined ? undefined : { meshApiKey: pulumi.secret(apiKey) })),
  );
  if (outputs === undefined) throw new Error("the program didn't run");
  const named = (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return { all, named, outputs };
}

const headscale = { mesh: { kind: "headscale", devices: ["ada-laptop"] } };
const existing = {
  mesh: {
    kind: "existing",
    url: "https://headscale.example.org",
    baseDomain: "mesh.example.org",
    devices: ["ada-laptop"],
  },
};
const tailnet = { mesh: { kind: "tailnet", baseDomain: "tail1234.ts.net", devices: ["ada-laptop"] } };
const onHost = {
  mesh: {
    kind: "headscale",
    placement: "host",
    dockerHost: "ssh://root@mesh.example.org",
    hostname: "mesh.example.org",
    devices: ["ada-laptop"],
  },
};

const settings = (config: Registered) =>
  parse((config.inputs["data"] as { "config.yaml": string })["config.yaml"]) as {
    dns: { extra_records: unknown; nameservers: { split: unknown } };
  };
const environment = (deployment: Registered) =>
  Object.fromEntries(
    (podSpecOf(deployment.type, deployment.inputs)?.containers?.[0]?.env ?? []).map(({ name, value }) => [name, value]),
  );

describe("a guild with a mesh of its own", () => {
  test("waits for what it needs and for nothing else", async () => {
    const { named } = await graph(headscale);
    const expectEdge = (from: string, to: string) =>
      expect(named(from).dependencies, `${from} → ${to}`).toContain(named(to).urn);
    expectEdge("mesh-dns-config", "portal-service");
    expectEdge("mesh-config", "mesh-dns-service");
    expectEdge("mesh-certificate", "authority");
    expectEdge("mesh-deployment", "cluster-image-headscale");
    expectEdge("mesh-api-key", "mesh-deployment");
    expectEdge("router-auth-key", "router-key");
    expectEdge("router-deployment", "mesh-service");
    expectEdge("router-deployment", "cluster-image-tailscale");
    expectEdge("mesh-policy", "portal-service");
  });

  test("leads devices to the portal and to every workspace by name", async () => {
    const { named, outputs } = await graph(headscale);
    expect(settings(named("mesh-config")).dns).toMatchObject({
      extra_records: [{ name: "portal.mesh.guildnet.internal", type: "A", value: serviceAddress("portal-service") }],
      nameservers: { split: { "apps.guildnet.internal": [serviceAddress("mesh-dns-service")] } },
    });
    expect((named("mesh-dns-config").inputs["data"] as { zone: string }).zone).toContain(
      `*.apps.guildnet.internal. 60 IN A ${serviceAddress("portal-service")}\n`,
    );
    expect(named("portal-certificate").inputs["dnsNames"]).toEqual(
      expect.arrayContaining(["portal.mesh.guildnet.internal", "*.apps.guildnet.internal"]),
    );
    expect(environment(named("portal-deployment"))).toMatchObject({
      GUILDNET_MESH_ORIGIN: "https://portal.mesh.guildnet.internal",
      GUILDNET_MESH_APPS_DOMAIN: "apps.guildnet.internal",
    });
    expect(outputs.mesh).toMatchObject({
      loginServer: "https://headscale.guildnet.localhost:8092",
      portalUrl: "https://portal.mesh.guildnet.internal",
    });
  });

  test("leads them to Radicle's seed, and to nothing else of it, where there is one", async () => {
    const { named, outputs } = await graph({ ...headscale, radicle: {} });
    expect(settings(named("mesh-config")).dns.extra_records).toContainEqual({
      name: "radicle.mesh.guildnet.internal",
      type: "A",
      value: serviceAddress("radicle-service"),
    });
    expect(outputs.mesh?.seed).toBe("radicle.mesh.guildnet.internal:8776");
    const policy = JSON.parse(named("mesh-policy").inputs["policy"] as string) as { acls: { dst: string[] }[] };
    expect(policy.acls[0]?.dst).toEqual(["portal:443", "names:53", "radicle:8776"]);
    expect(named("radicle-network-from-routers").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 8776 }] }],
    });
    const alone = await graph({ radicle: {} });
    expect(alone.all.some(({ name }) => name === "radicle-network-from-routers")).toBe(false);
  });

  test("has a router that leads to the cluster's networks, approved by the policy, and a policy that opens the portal alone", async () => {
    const { named } = await graph({ mesh: { kind: "headscale", router: { routes: ["192.168.1.0/24"] } } });
    expect(environment(named("router-deployment"))).toMatchObject({
      TS_ROUTES: "10.96.0.0/16,10.244.0.0/16,192.168.1.0/24",
    });
    const policy = JSON.parse(named("mesh-policy").inputs["policy"] as string) as {
      acls: unknown[];
      autoApprovers: { routes: object };
    };
    expect(Object.keys(policy.autoApprovers.routes)).toEqual(["10.96.0.0/16", "10.244.0.0/16", "192.168.1.0/24"]);
    expect(policy.acls[0]).toEqual({
      action: "accept",
      src: ["tag:client"],
      dst: ["portal:443", "names:53", "192.168.1.0/24:*"],
    });
    const open = await graph({ mesh: { kind: "headscale", access: "cluster" } });
    expect(open.named("mesh-policy").inputs["policy"]).toContain('"10.96.0.0/16:*","10.244.0.0/16:*"');
  });

  test("is published on loopback, where this program reaches it too", async () => {
    const { named } = await graph(headscale);
    expect(named("cluster-node").inputs["publish"]).toContainEqual({
      hostAddress: "127.0.0.1",
      hostPort: 8092,
      nodePort: 30092,
    });
    expect(named("mesh-service").inputs["spec"]).toMatchObject({ ports: [{ port: 8092, nodePort: 30092 }] });
    expect(named("mesh-certificate").inputs["ipAddresses"]).toEqual(["127.0.0.1"]);
    expect(named("mesh-user-ada").inputs["server"]).toMatchObject({ url: "https://127.0.0.1:8092" });
  });

  test("makes a key for each device, and shows none", async () => {
    const { named, outputs, all } = await graph(headscale);
    expect(named("mesh-device-ada-laptop").inputs).toMatchObject({
      tags: ["tag:client"],
      reusable: false,
      generation: 1,
    });
    const key = outputs.mesh?.keys["ada-laptop"] as unknown as { isSecret: Promise<boolean> };
    expect(await key.isSecret).toBe(true);
    for (const { inputs, name } of all)
      for (const canary of ["API KEY", "auth key "]) expect(showsInPlain(inputs, canary), name).toBe(false);
  });

  test("makes all keys anew at once", async () => {
    const { named } = await graph({ mesh: { ...headscale.mesh, keyGeneration: 2 } });
    expect([named("mesh-device-ada-laptop"), named("router-key")].map(({ inputs }) => inputs["generation"])).toEqual([
      2, 2,
    ]);
  });
});

test("without a mesh the graph is what it was", async () => {
  const without = await graph({});
  const withMesh = await graph(headscale);
  expect(without.outputs.mesh).toBeNull();
  expect(without.all.filter(({ type, name }) => /Headscale|Mesh|Router|mesh|router/.test(type + name))).toEqual([]);
  expect(environment(without.named("portal-deployment"))).not.toHaveProperty("GUILDNET_MESH_ORIGIN");
  const kept = new Set(withMesh.all.map(({ urn }) => urn));
  for (const { urn } of without.all) expect(kept.has(urn), urn).toBe(true);
});

describe("a mesh of another kind", () => {
  test("changes nothing of router, names and keys but where they come from", async () => {
    const [own, theirs, saas] = [await graph(headscale), await graph(existing, "KEY"), await graph(tailnet, "KEY")];
    const above = ({ all }: typeof own) =>
      all
        .map(({ urn }) => urn)
        .filter(
          (urn) =>
            /::(portal|ada|router|mesh-dns)(-|$)/.test(urn) &&
            !urn.includes("router-authorities") &&
            !urn.includes("router-key") &&
            !urn.includes("portal-sees-mesh-deployment"),
        )
        .sort();
    expect(above(theirs)).toEqual(above(own));
    expect(above(saas)).toEqual(above(own));
    for (const each of [theirs, saas]) {
      expect(
        each.all.filter(({ type }) => /Headscale$|EmbeddedHeadscale/.test(type) && !type.endsWith("ExistingHeadscale")),
      ).toEqual([]);
      expect(each.outputs.mesh).toMatchObject({
        portalUrl: "https://portal.guildnet.internal",
        dns: { domain: "guildnet.internal" },
      });
      expect(Object.keys(each.outputs.mesh?.keys ?? {})).toEqual(["ada-laptop"]);
    }
  });

  test("keeps its own policy unless told otherwise", async () => {
    expect((await graph(existing, "KEY")).all.map(({ name }) => name)).not.toContain("mesh-policy");
    expect(
      (await graph({ mesh: { ...existing.mesh, managePolicy: true } }, "KEY")).named("mesh-policy").type,
    ).toContain("HeadscalePolicy");
    expect((await graph({ mesh: { ...tailnet.mesh, managePolicy: true } }, "KEY")).named("mesh-policy").type).toContain(
      "Acl",
    );
  });

  test("on a host has a server first, and the rest once there is a key", async () => {
    const first = await graph(onHost);
    expect(first.named("mesh-container").type).toContain("Container");
    expect(first.all.filter(({ name }) => /^router|mesh-user|mesh-device/.test(name))).toEqual([]);
    expect(first.outputs.notes.join()).toContain("docker exec guildnet-headscale");
    const then = await graph(onHost, "KEY");
    expect(then.named("router-key").type).toContain("HeadscalePreAuthKey");
    expect(then.named("cluster-node").inputs["publish"]).toHaveLength(1);
  });
});

test("on a cluster of unknown networks the router leads to the two addresses that matter", async () => {
  const { named } = await graph({
    cluster: { kind: "existing" },
    mesh: { kind: "headscale", service: "LoadBalancer", hostname: "headscale.example.org" },
  });
  expect(environment(named("router-deployment"))).toMatchObject({
    TS_ROUTES: `${serviceAddress("portal-service")}/32,${serviceAddress("mesh-dns-service")}/32`,
  });
  expect(named("mesh-service").inputs["spec"]).toMatchObject({ type: "LoadBalancer" });
});

describe.each([
  ["of its own", headscale, undefined],
  ["of its own, open to a network", { mesh: { ...headscale.mesh, address: "192.0.2.1" } }, undefined],
  ["that is there already", existing, "KEY"],
  ["at Tailscale", tailnet, "KEY"],
  ["on a host", onHost, "KEY"],
] as const)("the graph with a mesh %s", (_, raw, key) => {
  test("holds to every rule of the policy pack", async () => {
    const given = (await graph(raw, key)).all
      .filter(({ custom }) => custom)
      .map(({ type, inputs }): Given => ({ type, props: inputs }));
    for (const rule of resourceRules)
      expect(
        given.flatMap((resource) => violations(rule, resource)),
        rule.name,
      ).toEqual([]);
    for (const rule of stackRules) expect(stackViolations(rule, given), rule.name).toEqual([]);
  });

  test("has no pod that restricted Pod Security would refuse", async () => {
    const pods = (await graph(raw, key)).all.flatMap(({ type, inputs, name }) =>
      podSpecOf(type, inputs) === undefined ? [] : [{ name, pod: podSpecOf(type, inputs) }],
    );
    expect(pods.map(({ name }) => name)).toEqual(expect.arrayContaining(["router-deployment", "mesh-dns-deployment"]));
    for (const { name, pod } of pods) expect(restrictedViolations(pod ?? {}), name).toEqual([]);
  });

  test("perishes with its node, keys with the server in it; those at a server elsewhere are ended there", async () => {
    const { all, named } = await graph(raw, key);
    const parents = new Map(all.map((resource) => [resource.urn, resource]));
    const perishesWith = (resource: Registered) => {
      let above: Registered | undefined = resource;
      while (above !== undefined && above.deletedWith === "") above = parents.get(above.parent);
      return above?.deletedWith;
    };
    const node = named("cluster-node").urn;
    for (const resource of all.filter(({ type, name }) => type.startsWith("kubernetes:") && !name.startsWith("router")))
      expect(perishesWith(resource), resource.name).toBe(node);
    for (const name of ["router-key", "mesh-device-ada-laptop"])
      expect(perishesWith(named(name)), name).toBe(key === undefined ? named("mesh-deployment").urn : undefined);
  });
});

test("a server that is kept elsewhere says what its keeper has to do", () => {
  const notes = (raw: object, key: boolean) =>
    meshNotes(parseGuild({ ...people, ...raw }, { kubeconfig: false, meshApiKey: key }), key).join("\n");
  expect(notes(existing, true)).toMatch(/domain guildnet\.internal below dns\.nameservers\.split[^]*tag:client/);
  expect(notes(tailnet, true)).toContain("tag:router");
  expect(notes({ mesh: { ...tailnet.mesh, managePolicy: true } }, true)).not.toContain("tag:router");
  expect(notes(headscale, false)).toContain("loopback alone");
  expect(notes({}, false)).toBe("");
});
