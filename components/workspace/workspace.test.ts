import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { record } from "../testing/record.ts";
import { workspaceMistakes } from "./checks.ts";
import { ideAccess } from "./ide-access.ts";
import { presets, sizeOf } from "./presets.ts";
import { limitRangeSpec, quotaSpec } from "./quota.ts";
import { Workspace } from "./workspace.ts";
import type { WorkspaceArgs } from "./workspace.ts";

async function workspace(args: Partial<WorkspaceArgs> = {}) {
  const all = await record(
    () =>
      new Workspace(
        "ada",
        { owner: "ada", image: "example.org/workspace:1", ...args },
        { provider: new k8s.Provider("outer") },
      ),
  );
  return (name: string) => {
    const found = all.find((resource) => resource.name === `ada-${name}`);
    if (found === undefined) throw new Error(`no ada-${name}`);
    return found;
  };
}

interface PodTemplate {
  template: {
    metadata: { labels: Record<string, string> };
    spec: {
      nodeSelector?: object;
      containers: { env: { name: string; value: string }[]; ports: object[]; resources: object }[];
    };
  };
  replicas?: number;
}

describe("a workspace", () => {
  test("has its volume and namespace kept unless told otherwise", async () => {
    const kept = await workspace();
    expect([kept("namespace").retainOnDelete, kept("home").retainOnDelete]).toEqual([true, true]);
    const disposable = await workspace({ keepData: false });
    expect([disposable("namespace").retainOnDelete, disposable("home").retainOnDelete]).toEqual([false, false]);
    expect(kept("deployment").retainOnDelete).toBeFalsy();
    // The label is all that the policy pack gets to see of it.
    for (const name of ["namespace", "home"]) {
      expect(kept(name).inputs["metadata"]).toMatchObject({ labels: { "guildnet.io/data": "kept" } });
      expect(disposable(name).inputs["metadata"]).toMatchObject({ labels: { "guildnet.io/data": "disposable" } });
    }
  });

  test("is neither started nor stopped by the program", async () => {
    const deployment = (await workspace())("deployment");
    expect((deployment.inputs["spec"] as PodTemplate).replicas).toBeUndefined();
    expect(deployment.ignoreChanges).toContain("spec.replicas");
  });

  test("depends on all that its pod needs", async () => {
    const named = await workspace();
    const urns = ["namespace", "home", "account", "ide-access"].map((name) => named(name).urn);
    expect(named("deployment").dependencies).toEqual(expect.arrayContaining(urns));
  });

  test("is guarded before its pod runs, and has its quota before its volume grows", async () => {
    const named = await workspace();
    const guards = [
      "quota",
      "limits",
      "network-deny-all",
      "network-from-portal",
      "network-to-dns",
      "network-to-internet",
    ].map((name) => named(name).urn);
    expect(named("deployment").dependencies).toEqual(expect.arrayContaining(guards));
    expect(named("home").dependencies).toContain(named("quota").urn);
  });

  test("says nothing for the engine to wait for where it would wait forever", async () => {
    const named = await workspace();
    for (const name of ["home", "service", "quota"])
      expect(named(name).inputs["metadata"]).toMatchObject({ annotations: { "pulumi.com/skipAwait": "true" } });
    expect(JSON.stringify(named("deployment").inputs["metadata"])).not.toContain("skipAwait");
  });

  test("honours every field", async () => {
    const named = await workspace({
      preset: "small",
      resources: { cpu: "3", storage: "7Gi" },
      storageClass: "fast",
      environment: { EDITOR: "vim", GREETING: "hello" },
      ports: [{ name: "web", port: 3000 }],
      dotfiles: "https://example.org/dotfiles",
      nodeSelector: { disk: "ssd" },
      labels: { team: "blue" },
      portal: { namespace: "door", serviceAccount: "keeper" },
    });
    const { template } = named("deployment").inputs["spec"] as PodTemplate;
    const [container] = template.spec.containers;
    expect(Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? [])).toEqual({
      EDITOR: "vim",
      GREETING: "hello",
      GUILDNET_WORKSPACE: "ada",
      GUILDNET_OWNER: "ada",
      GUILDNET_DOTFILES: "https://example.org/dotfiles",
    });
    expect(container?.resources).toMatchObject({ limits: { cpu: "3", memory: presets.small.memory } });
    expect(template.spec.nodeSelector).toEqual({ disk: "ssd" });
    expect(template.metadata.labels).toMatchObject({ team: "blue", "app.kubernetes.io/name": "workspace" });
    expect(named("namespace").inputs["metadata"]).toMatchObject({
      name: "ws-ada",
      labels: {
        team: "blue",
        "guildnet.io/owner": "ada",
        "guildnet.io/workspace": "ada",
        "pod-security.kubernetes.io/enforce": "restricted",
      },
    });
    expect(named("home").inputs["spec"]).toMatchObject({
      storageClassName: "fast",
      resources: { requests: { storage: "7Gi" } },
    });
    expect(named("service").inputs["spec"]).toMatchObject({
      ports: [
        { name: "ide", port: 8080, targetPort: 8080 },
        { name: "web", port: 3000, targetPort: 3000 },
      ],
    });
    expect(named("network-from-portal").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 8080 }, { port: 3000 }] }],
    });
    expect(named("portal-binding").inputs["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "keeper", namespace: "door" },
    ]);
  });

  test("is given a further port while its pod runs on", async () => {
    const template = async (args: Partial<WorkspaceArgs>) => (await workspace(args))("deployment").inputs["spec"];
    expect(await template({ ports: [{ name: "web", port: 3000 }] })).toEqual(await template({}));
  });

  test("has shared memory within its own, and a folder for what is large and temporary", async () => {
    const { template } = (await workspace({ resources: { memory: "3Gi" } }))("deployment").inputs["spec"] as {
      template: { spec: { volumes: object[]; containers: { volumeMounts: object[] }[] } };
    };
    expect(template.spec.volumes).toContainEqual({ name: "shm", emptyDir: { medium: "Memory", sizeLimit: "1.5Gi" } });
    expect(template.spec.volumes).toContainEqual({ name: "tmp", emptyDir: { sizeLimit: "10Gi" } });
    expect(template.spec.containers[0]?.volumeMounts).toEqual(
      expect.arrayContaining([
        { name: "shm", mountPath: "/dev/shm" },
        { name: "tmp", mountPath: "/tmp" },
      ]),
    );
  });

  test("without the internet has no policy for it", async () => {
    const named = await workspace({ internet: false });
    expect(() => named("network-to-internet")).toThrow();
    expect(named("network-deny-all").inputs["spec"]).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
  });

  test("lets the portal read its state and one secret, and change nothing", async () => {
    const rules = (await workspace())("portal-role").inputs["rules"] as {
      resources: string[];
      verbs: string[];
      resourceNames?: string[];
    }[];
    for (const { verbs } of rules) for (const verb of verbs) expect(["get", "list", "watch"]).toContain(verb);
    const secrets = rules.filter(({ resources }) => resources.includes("secrets"));
    expect(secrets).toEqual([expect.objectContaining({ resourceNames: ["ide-access"], verbs: ["get"] })]);
  });
});

describe("arguments that can't be", () => {
  test.each([
    ["Ada", {}, "its name"],
    ["a".repeat(41), {}, "at most 40"],
    ["ada", { ports: [{ name: "ide", port: 3000 }] }, '"ide" is there twice'],
    ["ada", { ports: [{ name: "web", port: 8080 }] }, "8080"],
    [
      "ada",
      {
        ports: [
          { name: "a", port: 3000 },
          { name: "b", port: 3000 },
        ],
      },
      "3000 is there twice",
    ],
    ["ada", { ports: [{ name: "web", port: 80 }] }, "1024"],
    ["ada", { ports: [{ name: "much-too-long-a-name", port: 3000 }] }, "15"],
    ["ada", { environment: { GUILDNET_OWNER: "eve" } }, "GUILDNET_"],
    ["web--ada", {}, 'single "-"'],
    ["ada", { environment: { HOME: "/" } }, "sets it itself"],
    ["ada", { environment: { A: "x\0" } }, "NUL"],
    ["ada", { environment: { A: "x".repeat(131_070) } }, "131071 bytes"],
    [
      "ada",
      { environment: Object.fromEntries(["A", "B", "C", "D", "E"].map((name) => [name, "x".repeat(120_000)])) },
      "together",
    ],
    ["ada", { labels: { "pod-security.kubernetes.io/warn": "privileged" } }, "kubernetes.io"],
    ["ada", { resources: { memory: "4", cpu: "2" } }, 'memory is "4", allowed is at least 512Mi'],
    ["ada", { resources: { storage: "0" } }, "storage"],
  ])("%s %j", (id, args, part) => {
    expect(workspaceMistakes(id, args).join("\n")).toContain(part);
  });

  test("are none where values are known only later, or nothing is said", () => {
    expect(
      workspaceMistakes("ada", {
        environment: { A: pulumi.output("x") },
        labels: { "example.org/team": "blue" },
        resources: { cpu: undefined, memory: "512Mi" },
      }),
    ).toEqual([]);
  });

  test("are refused before anything is registered, all at once", async () => {
    const all = await record(() => {
      expect(() => new Workspace("Ada", { owner: "ada", image: "x:1", ports: [{ name: "web", port: 80 }] })).toThrow(
        /its name.*1024/s,
      );
    });
    expect(all).toEqual([]);
  });
});

describe("sizes", () => {
  test("never reserve more than they allow", () => {
    expect(sizeOf("large", { cpu: "100m", memory: "64Mi" }).reserved).toEqual({ cpu: "100m", memory: "64Mi" });
    expect(sizeOf("standard").reserved).toEqual(presets.standard.reserved);
  });

  test("leave room for one pod and its successor, and one volume", () => {
    expect(quotaSpec(sizeOf("standard"))).toEqual({
      hard: {
        "requests.cpu": "100m",
        "requests.memory": "768Mi",
        "limits.cpu": "4",
        "limits.memory": "8Gi",
        "requests.storage": "10Gi",
        persistentvolumeclaims: "1",
        pods: "2",
        "services.nodeports": "0",
        "services.loadbalancers": "0",
      },
    });
    expect(limitRangeSpec(sizeOf("standard")).limits).toMatchObject([
      { type: "Container", max: { cpu: "2", memory: "4Gi" } },
    ]);
  });
});

test("the IDE's config is YAML without booleans, and its password is what the portal sends", () => {
  const access = ideAccess("token");
  const config = parse(access["config.yaml"]) as Record<string, unknown>;
  expect(config).toEqual({ auth: "password", "hashed-password": access.session });
  expect(access.session).toMatch(/^[0-9a-f]{64}$/);
  expect(ideAccess("another").session).not.toBe(access.session);
});
