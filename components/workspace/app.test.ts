import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { APP_PATH, App, appMistakes, appSize } from "./app.ts";
import type { AppArgs } from "./app.ts";
import { Workspace } from "./workspace.ts";

async function made(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return Object.assign(
    (name: string) => {
      const found = all.find((resource) => resource.name === name);
      if (found === undefined) throw new Error(`no ${name}`);
      return found;
    },
    { all },
  );
}

const app = (args: Partial<AppArgs> = {}) =>
  made((opts) => new App("wiki", { owner: "ada", image: "example.org/wiki:1", port: 3000, ...args }, opts));

interface Spec {
  replicas: number;
  strategy: { type: string };
  template: {
    spec: {
      automountServiceAccountToken: boolean;
      priorityClassName?: string;
      securityContext: { runAsUser: number };
      containers: { env: object[]; ports: object[]; resources: object; volumeMounts: object[] }[];
    };
  };
}
const specOf = (named: Awaited<ReturnType<typeof app>>) => named("wiki-deployment").inputs["spec"] as Spec;

describe("an app", () => {
  test("is kept apart by the same objects as a workspace", async () => {
    const own = await app({ internet: true, storage: { size: "1Gi", path: "/data" } });
    const workspace = await made(
      (opts) => new Workspace("wiki", { owner: "ada", image: "example.org/workspace:1" }, opts),
    );
    for (const name of ["deny-all", "to-dns", "to-internet"])
      expect(own(`wiki-network-${name}`).inputs["spec"]).toEqual(workspace(`wiki-network-${name}`).inputs["spec"]);
    const labels = (named: typeof own) =>
      (named("wiki-namespace").inputs["metadata"] as { labels: Record<string, string> }).labels;
    for (const [key, value] of Object.entries(labels(workspace)).filter(([name]) => name.startsWith("pod-security")))
      expect(labels(own)[key]).toBe(value);
    const guards = ["quota", "limits", "network-deny-all", "network-from-portal"].map(
      (name) => own(`wiki-${name}`).urn,
    );
    expect(own("wiki-deployment").dependencies).toEqual(expect.arrayContaining(guards));
    expect(own("wiki-data").dependencies).toContain(own("wiki-quota").urn);
    expect(specOf(own).template.spec.automountServiceAccountToken).toBe(false);
  });

  test("is shut and alone unless told otherwise", async () => {
    const named = await app();
    expect(named("wiki-namespace").inputs["metadata"]).toMatchObject({
      name: "app-wiki",
      labels: {
        "guildnet.io/app": "wiki",
        "guildnet.io/owner": "ada",
        "guildnet.io/visibility": "private",
        "guildnet.io/data": "disposable",
      },
    });
    expect(() => named("wiki-network-to-internet")).toThrow();
    expect(() => named("wiki-data")).toThrow();
    expect(named("wiki-service").inputs["spec"]).not.toHaveProperty("type");
  });

  test("lets the portal read its state and no secret", async () => {
    const rules = (await app())("wiki-portal-role").inputs["rules"] as { resources: string[]; verbs: string[] }[];
    expect(rules.flatMap(({ resources }) => resources)).not.toContain("secrets");
    for (const { verbs } of rules) expect(verbs).toEqual(["get", "list", "watch"]);
  });

  test("honours every field", async () => {
    const named = await app({
      ports: [{ name: "admin", port: 3001 }],
      environment: { TITLE: "Wiki" },
      resources: { cpu: "2", memory: "1Gi" },
      storage: { size: "3Gi", path: "/data" },
      storageClass: "fast",
      visibility: "members",
      user: 65532,
      labels: { team: "blue" },
      priorityClass: "guildnet-interactive",
      portal: { namespace: "door", serviceAccount: "keeper" },
    });
    const { template } = specOf(named);
    const [container] = template.spec.containers;
    expect(container?.env).toEqual([{ name: "TITLE", value: "Wiki" }]);
    expect(container?.ports).toEqual([
      { name: "app", containerPort: 3000, protocol: "TCP" },
      { name: "admin", containerPort: 3001, protocol: "TCP" },
    ]);
    expect(container?.resources).toMatchObject({ limits: { cpu: "2", memory: "1Gi" } });
    expect(container?.volumeMounts).toContainEqual({ name: "data", mountPath: "/data" });
    expect(template.spec).toMatchObject({
      priorityClassName: "guildnet-interactive",
      securityContext: { runAsUser: 65532, runAsNonRoot: true },
    });
    expect(named("wiki-namespace").inputs["metadata"]).toMatchObject({
      labels: { team: "blue", "guildnet.io/visibility": "members" },
    });
    expect(named("wiki-data").inputs["spec"]).toMatchObject({
      storageClassName: "fast",
      resources: { requests: { storage: "3Gi" } },
    });
    expect(named("wiki-service").inputs["spec"]).toMatchObject({
      ports: [
        { name: "app", port: 3000 },
        { name: "admin", port: 3001 },
      ],
    });
    expect(named("wiki-network-from-portal").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 3000 }, { port: 3001 }] }],
    });
    expect(named("wiki-portal-binding").inputs["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "keeper", namespace: "door" },
    ]);
  });

  test("keeps its volume unless told otherwise", async () => {
    const storage = { size: "1Gi", path: "/data" };
    const kept = await app({ storage });
    expect([kept("wiki-namespace").retainOnDelete, kept("wiki-data").retainOnDelete]).toEqual([true, true]);
    const disposable = await app({ storage, keepData: false });
    expect([disposable("wiki-namespace").retainOnDelete, disposable("wiki-data").retainOnDelete]).toEqual([
      false,
      false,
    ]);
    // Without a volume an empty namespace would be all that is kept.
    expect((await app())("wiki-namespace").retainOnDelete).toBe(false);
  });

  test("has room for its pods and the next one, and is replaced without a gap where it has no volume", async () => {
    const several = await app({ replicas: 3, resources: { cpu: "1", memory: "1Gi" } });
    expect(specOf(several)).toMatchObject({ replicas: 3, strategy: { type: "RollingUpdate" } });
    expect(several("wiki-quota").inputs["spec"]).toMatchObject({
      hard: {
        pods: "4",
        "limits.cpu": "4",
        "limits.memory": "4Gi",
        "requests.storage": "0",
        persistentvolumeclaims: "0",
      },
    });
    const single = await app({ storage: { size: "1Gi", path: "/data" } });
    expect(specOf(single).strategy.type).toBe("Recreate");
    expect(single("wiki-quota").inputs["spec"]).toMatchObject({
      hard: { pods: "2", "requests.storage": "1Gi", persistentvolumeclaims: "1" },
    });
  });
});

describe("arguments that can't be", () => {
  const storage = { size: "1Gi", path: "/data" };

  test.each<[string, string, Parameters<typeof appMistakes>[1], string]>([
    ["an upper-case name", "Wiki", { port: 3000 }, "its name"],
    ["a privileged port", "wiki", { port: 80 }, "1024"],
    ["its own port again", "wiki", { port: 3000, ports: [{ name: "admin", port: 3000 }] }, "it is its main one"],
    ["its own name again", "wiki", { port: 3000, ports: [{ name: "app", port: 3001 }] }, '"app" is there twice'],
    ["no pod", "wiki", { port: 3000, replicas: 0 }, "replicas is 0"],
    ["two pods with one volume", "wiki", { port: 3000, replicas: 2, storage }, "replicas to 1"],
    ["a volume over the temporary files", "wiki", { port: 3000, storage: { ...storage, path: "/tmp" } }, "not /tmp"],
    ["no memory to speak of", "wiki", { port: 3000, resources: { memory: "1Mi" } }, "at least 16Mi"],
    ["a volume of no size", "wiki", { port: 3000, storage: { ...storage, size: "0" } }, "size"],
    ["root", "wiki", { port: 3000, user: 0 }, "no app runs as root"],
    ["a variable of ours", "wiki", { port: 3000, environment: { GUILDNET_X: "1" } }, "GUILDNET_"],
  ])("%s", (_, name, args, part) => expect(appMistakes(name, args).join("\n")).toContain(part));

  test("are refused before anything is registered, all at once", async () => {
    const all = await record(() => {
      expect(() => new App("Wiki", { owner: "ada", image: "x:1", port: 80 })).toThrow(/its name.*1024/s);
    });
    expect(all).toEqual([]);
  });
});

test.each([
  ["/data", true],
  ["/var/lib/app", true],
  ["/tmpfiles", true],
  ["/", false],
  ["data", false],
  ["/tmp/x", false],
  ["/a/../etc", false],
  ["/a:b", false],
  ["//a", false],
  ["/proc/x", false],
  ["/sys", false],
  ["/dev/shm", false],
  ["/etc", false],
  ["/etc/wiki", true],
  ["/etc/hosts", false],
  ["/usr", false],
  ["/usr/lib64", false],
  ["/usr/share/wiki", true],
  ["/var", false],
  ["/processes", true],
])("a volume at %s: %s", (path, may) => {
  expect(APP_PATH.test(path)).toBe(may);
});

test("an app never sets aside more than it may use", () => {
  expect(appSize({ resources: { cpu: "10m", memory: "32Mi" } })).toEqual({
    cpu: "10m",
    memory: "32Mi",
    storage: "0",
    reserved: { cpu: "10m", memory: "32Mi" },
  });
  expect(appSize({})).toMatchObject({ cpu: "500m", memory: "512Mi", reserved: { cpu: "20m", memory: "64Mi" } });
});
