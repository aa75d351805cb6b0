import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { PodSpec } from "../../policy/src/objects.ts";
import { restrictedViolations } from "../../policy/src/pod-security.ts";
import { GuildError } from "../kube/errors.ts";
import { record } from "../testing/record.ts";
import { ExistingHeadscale } from "./existing-headscale.ts";
import { HeadscaleOnHost } from "./headscale-on-host.ts";
import { Headscale } from "./headscale.ts";
import type { HeadscaleArgs } from "./headscale.ts";
import { Tailnet } from "./tailnet.ts";
import { network } from "./testing/mesh.ts";

async function made(build: () => unknown) {
  const all = await record(build);
  return (name: string) => {
    const found = all.find((resource) => resource.name === `it-${name}`);
    if (found === undefined) throw new Error(`no it-${name}`);
    return found;
  };
}

const headscale = (args: Partial<HeadscaleArgs> = {}) =>
  made(
    () =>
      new Headscale(
        "it",
        { ...network, cluster: { kubeconfig: "kubeconfig" }, ...args },
        { provider: new k8s.Provider("outer") },
      ),
  );

type Named = Awaited<ReturnType<typeof made>>;
const template = (named: Named) =>
  (
    named("deployment").inputs["spec"] as {
      template: { metadata: { annotations: Record<string, string> }; spec: PodSpec };
    }
  ).template;
const file = (named: Named) =>
  parse((named("config").inputs["data"] as { "config.yaml": string })["config.yaml"]) as { dns: unknown };

describe("Headscale in the cluster", () => {
  test("is one pod at a time, as restricted as Pod Security asks, with a root it can't write", async () => {
    const named = await headscale();
    expect(named("deployment").inputs["spec"]).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect(restrictedViolations(template(named).spec)).toEqual([]);
    expect(template(named).spec.containers?.[0]?.securityContext).toMatchObject({ readOnlyRootFilesystem: true });
  });

  test("keeps volume and namespace when it is removed, unless told otherwise", async () => {
    const kept = await headscale();
    expect([kept("data").retainOnDelete, kept("namespace").retainOnDelete]).toEqual([true, true]);
    expect(kept("data").inputs["metadata"]).toMatchObject({ labels: { "guildnet.io/data": "kept" } });
    const disposable = await headscale({ keepData: false });
    expect([disposable("data").retainOnDelete, disposable("namespace").retainOnDelete]).not.toContain(true);
    expect(disposable("data").inputs["metadata"]).toMatchObject({ labels: { "guildnet.io/data": "disposable" } });
  });

  test("runs as whom its files belong to, in guilds that have some", async () => {
    expect(template(await headscale()).spec.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 });
  });

  test("takes users and keys along, which its data keeps: once its port is closed none could be deleted", async () => {
    const named = await made(() => {
      const it = new Headscale(
        "it",
        { ...network, cluster: { kubeconfig: "kubeconfig" } },
        { provider: new k8s.Provider("outer") },
      );
      it.authKey("it-laptop", { tags: ["tag:client"] }, { parent: it });
    });
    for (const name of ["user-ada", "laptop"]) expect(named(name).deletedWith, name).toBe(named("deployment").urn);
  });

  test("tells devices names at addresses that are known later", async () => {
    const record = { name: "portal.mesh.guildnet.internal", type: "A" as const, value: "10.96.3.4" };
    const named = await headscale({ dns: { records: [record], split: { "apps.guildnet.internal": ["10.96.3.5"] } } });
    expect(file(named).dns).toMatchObject({
      extra_records: [record],
      nameservers: { split: { "apps.guildnet.internal": ["10.96.3.5"] } },
    });
  });

  test("starts anew when its settings or its certificate do, as it reads them once", async () => {
    const version = async (args?: Partial<HeadscaleArgs>) =>
      template(await headscale(args)).metadata.annotations["guildnet.io/mounted"];
    expect(await version()).toMatch(/^[0-9a-f]{16}$/);
    expect(await version()).toBe(await version());
    expect(await version({ baseDomain: "other.internal" })).not.toBe(await version());
    const named = await headscale();
    expect(named("deployment").dependencies).toContain(named("certificate").urn);
  });

  test("is in the cluster at the port clients use outside", async () => {
    expect((await headscale())("service").inputs["spec"]).toMatchObject({
      type: "ClusterIP",
      ports: [{ port: 8092, targetPort: 8443 }],
    });
    const outside = (await headscale({ exposure: { type: "NodePort", nodePort: 30092, reason: "asked" }, stun: true }))(
      "service",
    ).inputs;
    expect(outside).toMatchObject({
      metadata: { annotations: { "guildnet.io/exposed": "asked" } },
      spec: { ports: [{ nodePort: 30092 }, { port: 3478, protocol: "UDP" }] },
    });
  });

  test("has a certificate for its name, and for addresses only where asked", async () => {
    expect((await headscale())("certificate").inputs).toMatchObject({ dnsNames: [network.hostname], ipAddresses: [] });
    expect((await headscale({ certificateAddresses: ["127.0.0.1"] }))("certificate").inputs).toMatchObject({
      ipAddresses: ["127.0.0.1"],
    });
  });

  test("is asked for a key once it runs, and for users and then the policy with it", async () => {
    const named = await headscale({ apiUrl: "https://127.0.0.1:8092" });
    expect(named("api-key").dependencies).toEqual(
      expect.arrayContaining([named("deployment").urn, named("service").urn]),
    );
    expect(named("api-key").inputs).toMatchObject({
      namespace: "guildnet-mesh",
      labelSelector: "app.kubernetes.io/name=headscale",
      container: "headscale",
    });
    expect(named("user-ada").inputs["server"]).toMatchObject({ url: "https://127.0.0.1:8092" });
    expect(named("policy").dependencies).toEqual(
      expect.arrayContaining([named("user-ada").urn, named("user-guildnet").urn]),
    );
    expect(JSON.parse(named("policy").inputs["policy"] as string)).toEqual(network.policy);
  });

  test("lets nobody reach anything without a policy", async () => {
    expect(JSON.parse((await headscale({ policy: undefined }))("policy").inputs["policy"] as string)).toMatchObject({
      acls: [],
    });
  });

  test("refuses names that devices could not resolve", async () => {
    await expect(headscale({ hostname: "headscale.mesh.guildnet.internal" })).rejects.toThrow(GuildError);
    await expect(
      headscale({ dns: { records: [{ name: "portal.example.org", type: "A", value: "10.0.0.1" }] } }),
    ).rejects.toThrow("portal.example.org");
  });
});

describe("keys", () => {
  test("are for the guild's own user, once, for ninety days, unless asked otherwise", async () => {
    const key = async (request: object) => {
      const named = await made(() => {
        const mesh = new Headscale(
          "it",
          { ...network, cluster: { kubeconfig: "kubeconfig" } },
          { provider: new k8s.Provider("outer") },
        );
        mesh.authKey("it-phone", { tags: ["tag:client"], ...request }, { parent: mesh });
      });
      expect(named("phone").dependencies, "after the policy, which knows its tag").toContain(named("policy").urn);
      return named("phone").inputs;
    };
    expect(await key({})).toMatchObject({
      userId: "id of it-user-guildnet",
      tags: ["tag:client"],
      reusable: false,
      ephemeral: false,
      expirationHours: 2160,
      renewBeforeHours: 720,
      generation: 1,
    });
    expect(await key({ reusable: true, ephemeral: true, expirationHours: 24, generation: 2 })).toMatchObject({
      reusable: true,
      ephemeral: true,
      expirationHours: 24,
      renewBeforeHours: 8,
      generation: 2,
    });
  });

  test("of a tailnet say the same in Tailscale's words", async () => {
    const named = await made(() => {
      const mesh = new Tailnet("it", { apiKey: "key", baseDomain: "tail1234.ts.net" });
      mesh.authKey("it-phone", { tags: ["tag:client"], expirationHours: 24, generation: 3 }, { parent: mesh });
    });
    expect(named("phone").inputs).toMatchObject({
      tags: ["tag:client"],
      reusable: false,
      preauthorized: true,
      expiry: 86400,
      description: "GuildNet it phone 3",
    });
    expect(named("phone").provider).toContain("it-tailscale");
  });

  test("of a host without an API key are refused with the command that makes one", async () => {
    await made(() => {
      const mesh = new HeadscaleOnHost("it", { ...network, host: "unix:///run/docker.sock", address: "127.0.0.1" });
      expect(() => mesh.authKey("it-phone", { tags: ["tag:client"] }, { parent: mesh })).toThrow(
        "docker exec guildnet-headscale headscale apikeys create",
      );
    });
  });
});

describe("Headscale on a host", () => {
  const onHost = () =>
    made(
      () => new HeadscaleOnHost("it", { ...network, host: "ssh://root@192.0.2.1", address: "192.0.2.1", stun: true }),
    );

  test("runs the same settings, on a volume that stays, without a capability", async () => {
    const named = await onHost();
    const inCluster = await headscale({ stun: true });
    const { uploads, ports, ...rest } = named("container").inputs as {
      uploads: { file: string; content: string }[];
      ports: unknown;
    } & Record<string, unknown>;
    expect(uploads.find((upload) => upload.file === "/etc/headscale/config.yaml")?.content).toBe(
      (inCluster("config").inputs["data"] as Record<string, string>)["config.yaml"],
    );
    expect(ports).toEqual([
      { internal: 8443, external: 8092, ip: "192.0.2.1" },
      { internal: 3478, external: 3478, ip: "192.0.2.1", protocol: "udp" },
    ]);
    expect(rest).toMatchObject({
      capabilities: { drops: ["ALL"] },
      volumes: [{ volumeName: "guildnet-headscale", containerPath: "/var/lib/headscale" }],
    });
    expect(named("data").retainOnDelete).toBe(true);
  });

  test("has no user before there is an API key", async () => {
    const named = await onHost();
    expect(() => named("user-guildnet")).toThrow();
  });
});

describe("Headscale that is there already", () => {
  test("keeps its policy unless one is given", async () => {
    const existing = (policy?: typeof network.policy) =>
      made(
        () =>
          new ExistingHeadscale("it", {
            url: "https://mesh.example.org",
            apiKey: "key",
            baseDomain: "mesh.internal",
            policy,
          }),
      );
    const without = await existing();
    expect(() => without("policy")).toThrow();
    expect((await existing(network.policy))("policy").inputs["server"]).toMatchObject({
      url: "https://mesh.example.org",
    });
  });
});
