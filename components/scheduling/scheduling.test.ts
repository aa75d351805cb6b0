import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { QUANTITY } from "../kube/quantity.ts";
import { record } from "../testing/record.ts";
import { batchLimitRange, batchQuotas } from "./batch-quota.ts";
import { BatchSpace } from "./batch-space.ts";
import { priorities, prioritySpecs } from "./priority.ts";
import { Scheduling } from "./scheduling.ts";

const size = { cpu: "2", memory: "4Gi", storage: "10Gi", pods: 5 };

async function inputsOf(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
}

describe("priorities", () => {
  test("are in order, and all of them between Kubernetes' own classes and the cluster autoscaler's cutoff", () => {
    const values = priorities.map((priority) => prioritySpecs[priority].value);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(new Set(values).size).toBe(values.length);
    expect(Math.max(...values)).toBeLessThanOrEqual(1_000_000_000);
    expect(Math.min(...values)).toBeGreaterThan(-10);
  });

  test("let a person's pod end a job, and a job end nothing, not even a pod that names no class", () => {
    expect(prioritySpecs.interactive.preemptionPolicy).toBe("PreemptLowerPriority");
    expect(prioritySpecs.batch).toMatchObject({ preemptionPolicy: "Never" });
    expect(prioritySpecs.batch.value).toBeLessThan(0);
  });

  test("are nobody's default", async () => {
    const named = await inputsOf((opts) => new Scheduling("it", {}, opts));
    for (const priority of priorities) {
      expect(named(`it-${priority}`).inputs).toMatchObject({
        metadata: { name: `guildnet-${priority}` },
        globalDefault: false,
      });
    }
  });
});

describe("a person's batch space", () => {
  test("has room for pods of its class within the budget, and for none of another", () => {
    const quotas = batchQuotas(size, "guildnet-batch");
    expect(quotas.batch).toEqual({
      hard: { "requests.cpu": "2", "requests.memory": "4Gi", "limits.cpu": "2", "limits.memory": "4Gi", pods: "5" },
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["guildnet-batch"] }] },
    });
    expect(quotas["other-classes"]).toEqual({
      hard: { pods: "0" },
      scopeSelector: {
        matchExpressions: [{ scopeName: "PriorityClass", operator: "NotIn", values: ["guildnet-batch"] }],
      },
    });
  });

  test("counts in a quota for a class nothing but what pods use, as the API server demands", () => {
    for (const { hard, scopeSelector } of Object.values(batchQuotas(size, "guildnet-batch"))) {
      const resources = Object.keys(hard ?? {});
      if (scopeSelector !== undefined)
        for (const resource of resources) expect(resource).toMatch(/^(pods|(requests|limits)\.(cpu|memory))$/);
    }
  });

  test("gives a container that asks for nothing no more than there is", () => {
    expect(batchLimitRange({ ...size, cpu: "500m", memory: "64Mi" }).limits).toMatchObject([
      { default: { cpu: "500m", memory: "64Mi" }, max: { cpu: "500m", memory: "64Mi" } },
    ]);
    expect(batchLimitRange(size).limits).toMatchObject([
      { default: { cpu: "1", memory: "1Gi" }, defaultRequest: { cpu: "1", memory: "1Gi" } },
    ]);
  });

  test("is shut to the network but for DNS and the internet, and hands out no token", async () => {
    const named = await inputsOf(
      (opts) => new BatchSpace("it", { owner: "ada", priorityClass: "b", internet: false }, opts),
    );
    expect(named("it-network-deny-all").inputs["spec"]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    expect(() => named("it-network-to-internet")).toThrow();
    expect(named("it-account").inputs).toMatchObject({
      metadata: { name: "default", namespace: "batch-ada" },
      automountServiceAccountToken: false,
    });
    // Kubernetes makes it anew whenever it alone is deleted.
    expect(named("it-account").deletedWith).toBe(named("it-namespace").urn);
    expect(named("it-namespace").inputs["metadata"]).toMatchObject({
      labels: { "guildnet.io/owner": "ada", "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });

  test("has no queue unless it is given one", async () => {
    const named = await inputsOf((opts) => new BatchSpace("it", { owner: "ada", priorityClass: "b" }, opts));
    expect(() => named("it-queue")).toThrow();
  });
});

/**
 * What Kueue's published definitions (v1beta2, config/components/crd/bases in August 2026) say of
 * the fields that are used here: which there are, which are needed, what they may hold.
 * The API server drops a field that they don't know without a word.
 */
const subdomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
const published = {
  ResourceFlavor: z.strictObject({ nodeLabels: z.record(z.string(), z.string()).optional() }),
  LocalQueue: z.strictObject({
    clusterQueue: subdomain,
    stopPolicy: z.enum(["None", "Hold", "HoldAndDrain"]).optional(),
  }),
  ClusterQueue: z.strictObject({
    namespaceSelector: z.strictObject({
      matchLabels: z.record(z.string(), z.string()).optional(),
      matchExpressions: z
        .array(
          z.strictObject({
            key: z.string(),
            operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
            values: z.array(z.string()).optional(),
          }),
        )
        .optional(),
    }),
    queueingStrategy: z.enum(["StrictFIFO", "BestEffortFIFO"]).optional(),
    preemption: z
      .strictObject({ withinClusterQueue: z.enum(["Never", "LowerPriority", "LowerOrNewerEqualPriority"]).optional() })
      .optional(),
    resourceGroups: z
      .array(
        z.strictObject({
          coveredResources: z.array(z.string()).min(1).max(64),
          flavors: z
            .array(
              z.strictObject({
                name: subdomain,
                resources: z
                  .array(z.strictObject({ name: z.string(), nominalQuota: z.string().regex(QUANTITY) }))
                  .min(1)
                  .max(64),
              }),
            )
            .min(1)
            .max(64),
        }),
      )
      .max(16),
  }),
};

describe("Kueue's objects", () => {
  const kueue = { kind: "kueue", budget: { cpu: "16", memory: "32Gi" } } as const;
  const build = (opts: { provider: k8s.Provider }) => {
    const scheduling = new Scheduling("all", { queue: kueue }, opts);
    new BatchSpace(
      "it",
      { owner: "ada", priorityClass: scheduling.classes.batch, clusterQueue: scheduling.clusterQueue },
      opts,
    );
  };

  test.each([
    ["all-flavor", "ResourceFlavor"],
    ["all-queue", "ClusterQueue"],
    ["it-queue", "LocalQueue"],
  ] as const)("%s is a %s as published", async (name, kind) => {
    const { inputs, type } = (await inputsOf(build))(name);
    expect(type).toBe(`kubernetes:kueue.x-k8s.io/v1beta2:${kind}`);
    expect(inputs).toMatchObject({ apiVersion: "kueue.x-k8s.io/v1beta2", kind });
    expect(published[kind].safeParse(inputs["spec"]).error?.issues).toBeUndefined();
  });

  test("name each other, list their resources in one order, and let in the namespaces of batch spaces", async () => {
    const named = await inputsOf(build);
    const queue = published.ClusterQueue.parse(named("all-queue").inputs["spec"]);
    const [group] = queue.resourceGroups;
    // Kueue refuses a queue whose flavors list other resources, or in another order, than it covers.
    expect(group?.flavors[0]?.resources.map(({ name }) => name)).toEqual(group?.coveredResources);
    expect(group?.flavors[0]?.resources.map(({ nominalQuota }) => nominalQuota)).toEqual(["16", "32Gi"]);
    expect(group?.flavors[0]?.name).toBe((named("all-flavor").inputs["metadata"] as { name: string }).name);
    expect(named("it-queue").inputs["spec"]).toEqual({
      clusterQueue: (named("all-queue").inputs["metadata"] as { name: string }).name,
    });
    const { labels } = named("it-namespace").inputs["metadata"] as { labels: Record<string, string> };
    for (const { key } of queue.namespaceSelector.matchExpressions ?? []) expect(Object.keys(labels)).toContain(key);
  });
});
