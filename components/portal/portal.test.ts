import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { endpointPort } from "../kube/network-policies.ts";
import { record } from "../testing/record.ts";
import { Portal, portalAddresses } from "./portal.ts";
import type { PortalArgs, PortalExposure } from "./portal.ts";

async function portal(exposure?: PortalExposure, mesh?: PortalArgs["mesh"]) {
  const all = await record(
    () =>
      new Portal(
        "it",
        {
          image: "example.org/portal:1",
          endpoint: "https://10.0.0.1:7443",
          people: ["ada", "bob", "eve"],
          admins: ["ada", "bob"],
          exposure,
          mesh,
        },
        { provider: new k8s.Provider("outer") },
      ),
  );
  return (name: string) => {
    const found = all.find((resource) => resource.name === `it-${name}`);
    if (found === undefined) throw new Error(`no it-${name}`);
    return found;
  };
}

describe("addresses", () => {
  test("have a port where it isn't HTTPS' own", () => {
    expect(portalAddresses({})).toMatchObject({
      origin: "https://guildnet.localhost:8090",
      appsDomain: "guildnet-apps.localhost",
    });
    expect(portalAddresses({}).workspace("ada")).toBe("https://ada.guildnet-apps.localhost:8090/");
    expect(portalAddresses({ host: "guild.example.org", port: 443 }).workspace("ada")).toBe(
      "https://ada.guild-apps.example.org/",
    );
  });

  test.each([
    ["https://10.0.0.1:7443", 7443],
    ["https://example.org", 443],
    ["http://example.org/x", 80],
  ])("the port of %s is %d", (url, port) => {
    expect(endpointPort(url)).toBe(port);
  });
});

describe("the portal", () => {
  test("has a certificate for its own host and for one label below the apps domain", async () => {
    expect((await portal())("certificate").inputs).toMatchObject({
      dnsNames: ["guildnet.localhost", "*.guildnet-apps.localhost"],
    });
  });

  test("says on its namespace whose guild the cluster has", async () => {
    expect((await portal())("namespace").inputs).toMatchObject({
      metadata: { labels: { "guildnet.io/stack": "project.stack" } },
    });
  });

  test("has its names on a mesh in certificate and settings, beside its own", async () => {
    const named = await portal(undefined, { host: "portal.mesh.internal", appsDomain: "apps.internal" });
    expect(named("certificate").inputs).toMatchObject({
      commonName: "guildnet.localhost",
      dnsNames: ["guildnet.localhost", "*.guildnet-apps.localhost", "portal.mesh.internal", "*.apps.internal"],
    });
    const spec = named("deployment").inputs["spec"] as { template: { spec: { containers: { env: object[] }[] } } };
    expect(spec.template.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: "GUILDNET_ORIGIN", value: "https://guildnet.localhost:8090" },
        { name: "GUILDNET_MESH_ORIGIN", value: "https://portal.mesh.internal" },
        { name: "GUILDNET_MESH_APPS_DOMAIN", value: "apps.internal" },
      ]),
    );
  });

  test("is told what the contract with its image says", async () => {
    const spec = (await portal())("deployment").inputs["spec"] as {
      template: { spec: { containers: { env: { name: string; value: string }[] }[] } };
    };
    expect(
      Object.fromEntries(spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]) ?? []),
    ).toEqual({
      GUILDNET_ORIGIN: "https://guildnet.localhost:8090",
      GUILDNET_APPS_DOMAIN: "guildnet-apps.localhost",
      GUILDNET_ADMINS: "ada,bob",
      GUILDNET_LISTEN: "0.0.0.0:8443",
    });
  });

  test("reads namespaces of the cluster, and nothing else of it", async () => {
    expect((await portal())("role").inputs["rules"]).toEqual([
      { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] },
    ]);
  });

  test("follows who is in the guild, writes down sign-outs, changes nothing else, and what it wrote stays", async () => {
    const named = await portal();
    expect(named("sign-outs-role").inputs["rules"]).toEqual([
      {
        apiGroups: [""],
        resources: ["configmaps"],
        resourceNames: ["sign-outs"],
        verbs: ["get", "list", "watch", "patch"],
      },
      {
        apiGroups: [""],
        resources: ["configmaps"],
        resourceNames: ["people", "machine", "published"],
        verbs: ["get", "list", "watch"],
      },
    ]);
    expect(named("people").inputs).toMatchObject({
      metadata: { name: "people", namespace: "guildnet-portal" },
      data: { handles: "ada,bob,eve" },
    });
    expect(JSON.stringify(named("deployment").inputs)).not.toContain("eve");
    expect(named("sign-outs").inputs["metadata"]).toMatchObject({ name: "sign-outs", namespace: "guildnet-portal" });
    expect(named("sign-outs").ignoreChanges).toEqual(["data"]);
  });

  test("may read each workload of the systems that it shows by its name, where that is, and nothing else there", async () => {
    const all = await record(() =>
      new Portal(
        "it",
        { image: "example.org/portal:1", endpoint: "https://10.0.0.1:7443", people: ["ada"], admins: ["ada"] },
        { provider: new k8s.Provider("outer") },
      ).showSystems([
        {
          component: { type: "LoadBalancer", name: "balancer" },
          resource: "balancer-speaker",
          kind: "DaemonSet",
          namespace: "metallb-system",
          name: "speaker",
        },
        {
          component: { type: "Registry", name: "registry" },
          resource: "registry-collector",
          kind: "CronJob",
          namespace: "guildnet-registry",
          name: "collector",
        },
      ]),
    );
    const sees = all
      .filter(({ name }) => name.startsWith("it-sees-"))
      .map(({ name, inputs }) => ({
        name,
        namespace: (inputs["metadata"] as { namespace: string }).namespace,
        rules: inputs["rules"],
        subjects: inputs["subjects"],
      }));
    const subjects = [{ kind: "ServiceAccount", name: "portal", namespace: "guildnet-portal" }];
    expect(sees).toEqual(
      expect.arrayContaining([
        {
          name: "it-sees-balancer-speaker-role",
          namespace: "metallb-system",
          rules: [{ apiGroups: ["apps"], resources: ["daemonsets"], resourceNames: ["speaker"], verbs: ["get"] }],
          subjects: undefined,
        },
        { name: "it-sees-balancer-speaker-binding", namespace: "metallb-system", rules: undefined, subjects },
        {
          name: "it-sees-registry-collector-role",
          namespace: "guildnet-registry",
          rules: [{ apiGroups: ["batch"], resources: ["cronjobs"], resourceNames: ["collector"], verbs: ["get"] }],
          subjects: undefined,
        },
        { name: "it-sees-registry-collector-binding", namespace: "guildnet-registry", rules: undefined, subjects },
      ]),
    );
    expect(sees).toHaveLength(4);
  });

  test("is not outside the cluster unless asked, and then says why", async () => {
    const inside = (await portal())("service").inputs;
    expect(inside).toMatchObject({ spec: { type: "ClusterIP" } });
    expect(JSON.stringify(inside["metadata"])).not.toContain("guildnet.io/exposed");
    const node = (await portal({ type: "NodePort", nodePort: 30090, reason: "asked", address: "192.0.2.1" }))(
      "service",
    ).inputs;
    expect(node).toMatchObject({
      metadata: { annotations: { "guildnet.io/exposed": "asked", "guildnet.io/exposed-address": "192.0.2.1" } },
      spec: { type: "NodePort", ports: [{ targetPort: 8443, nodePort: 30090 }] },
    });
  });

  test("believes what announces visitors at a port of its own alone, which no policy opens", async () => {
    const named = await portal({ type: "NodePort", nodePort: 30090, reason: "asked", announced: true });
    expect(named("service").inputs).toMatchObject({
      spec: {
        ports: [
          { port: 443, targetPort: 8443, nodePort: 30091 },
          { port: 8444, targetPort: 8444, nodePort: 30090 },
        ],
      },
    });
    expect(JSON.stringify(named("deployment").inputs["spec"])).toContain(
      '{"name":"GUILDNET_ANNOUNCED_LISTEN","value":"0.0.0.0:8444"}',
    );
    expect(JSON.stringify(named("network-from-browsers").inputs["spec"])).not.toContain("8444");
    expect(JSON.stringify((await portal())("deployment").inputs["spec"])).not.toContain("8444");
  });

  test("keeps the addresses of visitors behind a load balancer", async () => {
    expect((await portal({ type: "LoadBalancer", reason: "asked" }))("service").inputs).toMatchObject({
      spec: { type: "LoadBalancer", externalTrafficPolicy: "Local" },
    });
  });

  test("starts anew when its certificate does", async () => {
    const { template } = (await portal())("deployment").inputs["spec"] as {
      template: { metadata: { annotations: Record<string, string> } };
    };
    expect(template.metadata.annotations["guildnet.io/mounted"]).toMatch(/^[0-9a-f]{16}$/);
    const named = await portal();
    expect(named("deployment").dependencies).toContain(named("certificate").urn);
  });

  test("may talk to DNS, workspaces and the API server at its own port", async () => {
    const egress = (await portal())("network-to-api-server").inputs["spec"] as {
      egress: { ports: { port: number }[] }[];
    };
    expect(egress.egress[0]?.ports.map(({ port }) => port)).toEqual([443, 6443, 7443]);
  });
});
