import { describe, expect, test } from "vitest";
import { workloadOf } from "./workloads.ts";

const labels = { "app.kubernetes.io/name": "portal" };
const metadata = { name: "portal", namespace: "guildnet-portal", generation: 3 };
const pods = { selector: { matchLabels: labels }, template: { metadata: { labels: { ...labels, extra: "label" } } } };

/** A Deployment of two, at rest unless said otherwise. */
function deployment(status: object = {}, spec: object = {}): unknown {
  return {
    metadata,
    spec: { replicas: 2, ...pods, ...spec },
    status: { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, ...status },
  };
}

describe("a Deployment", () => {
  test("is well once all its pods are of the latest kind and ready", () => {
    expect(workloadOf("Deployment", deployment())).toEqual({
      name: "portal",
      namespace: "guildnet-portal",
      podLabels: { ...labels, extra: "label" },
      selector: labels,
      state: "2/2 ready",
      condition: "well",
    });
  });

  test.each<[string, unknown, string]>([
    ["a pod is not ready", deployment({ readyReplicas: 1 }), "1/2 ready"],
    ["none is", deployment({ readyReplicas: undefined }), "0/2 ready"],
    [
      "the pods that are ready are the old ones",
      deployment({ replicas: 3, updatedReplicas: 1 }),
      "2/2 ready, a change is under way",
    ],
    ["new pods are ready and old ones are left", deployment({ replicas: 3 }), "2/2 ready, a change is under way"],
    ["nobody has seen its last change", deployment({ observedGeneration: 2 }), "2/2 ready, a change is under way"],
    ["it was just made", { metadata, spec: pods }, "0/1 ready, a change is under way"],
  ])("is ill while %s", (_what, object, state) => {
    expect(workloadOf("Deployment", object)).toMatchObject({ state, condition: "ill" });
  });

  test("of no pods is stopped", () => {
    expect(workloadOf("Deployment", deployment({ replicas: 0 }, { replicas: 0 }))).toMatchObject({
      state: "stopped",
      condition: "stopped",
    });
  });

  test("tells why it is refused pods", () => {
    const conditions = [
      { type: "Available", status: "False" },
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" },
    ];
    expect(workloadOf("Deployment", deployment({ readyReplicas: 0, conditions })).refusal).toBe(
      "FailedCreate: exceeded quota",
    );
  });
});

test("a StatefulSet is held to the same", () => {
  expect(workloadOf("StatefulSet", deployment())).toMatchObject({ condition: "well" });
  expect(workloadOf("StatefulSet", deployment({ updatedReplicas: 1 }))).toMatchObject({ condition: "ill" });
});

describe("a DaemonSet", () => {
  const onNodes = (numberReady: number, nodes = 2) => ({
    metadata,
    spec: pods,
    status: {
      observedGeneration: 3,
      desiredNumberScheduled: nodes,
      currentNumberScheduled: nodes,
      updatedNumberScheduled: nodes,
      numberReady,
    },
  });

  test("is well once a pod is ready on every node", () => {
    expect(workloadOf("DaemonSet", onNodes(2))).toMatchObject({ state: "2/2 ready", condition: "well" });
    expect(workloadOf("DaemonSet", onNodes(1))).toMatchObject({ state: "1/2 ready", condition: "ill" });
  });

  test("is ill where there is no node for it", () => {
    expect(workloadOf("DaemonSet", onNodes(0, 0))).toMatchObject({ state: "no node runs it", condition: "ill" });
  });
});

describe("a CronJob", () => {
  const nightly = (status: object, suspend = false) => ({
    metadata,
    spec: { schedule: "0 3 * * *", suspend, jobTemplate: { spec: { template: pods.template } } },
    status,
  });
  const [begun, done] = ["2026-01-01T03:00:00Z", "2026-01-01T03:02:00Z"];

  test.each<[string, object, string, string]>([
    ["did not run yet", {}, "did not run yet (0 3 * * *)", "well"],
    ["runs", { active: [{}], lastScheduleTime: begun }, `runs since ${begun}`, "well"],
    ["succeeded", { lastScheduleTime: begun, lastSuccessfulTime: done }, `succeeded at ${done}`, "well"],
    [
      "failed the last time",
      { lastScheduleTime: begun, lastSuccessfulTime: "2025-12-31T03:02:00Z" },
      `its run of ${begun} did not succeed`,
      "ill",
    ],
    ["never succeeded", { lastScheduleTime: begun }, `its run of ${begun} did not succeed`, "ill"],
  ])("that %s says so", (_what, status, state, condition) => {
    expect(workloadOf("CronJob", nightly(status))).toMatchObject({ state, condition });
  });

  test("that is suspended is stopped", () => {
    expect(workloadOf("CronJob", nightly({}, true))).toMatchObject({ state: "suspended", condition: "stopped" });
  });
});
