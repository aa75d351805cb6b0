import type { V1ContainerStatus, V1Deployment, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { liveState } from "./state.ts";

const SINCE = "2026-01-02T03:04:05.000Z";
const NOW = Date.UTC(2026, 0, 2, 4);

const deployment = (replicas = 1, conditions: object[] = []): V1Deployment => ({
  spec: { replicas, selector: {}, template: {} },
  status: { conditions: conditions as never },
});
const pod = (status: V1Pod["status"], metadata = {}): V1Pod => ({
  metadata,
  status: { startTime: new Date(SINCE), ...status },
});
const condition = (type: string, status: string, more: Partial<V1PodCondition> = {}): V1PodCondition => ({
  type,
  status,
  lastTransitionTime: new Date(SINCE),
  ...more,
});
const waiting = (reason: string, message?: string): V1ContainerStatus =>
  ({ name: "workspace", state: { waiting: { reason, message } } }) as V1ContainerStatus;

test.each<[string, V1Deployment | undefined, V1Pod[], object]>([
  ["no Deployment yet", undefined, [], { state: "starting", reason: "NotCreated", message: expect.any(String) }],
  ["scaled to zero", deployment(0), [], { state: "stopped" }],
  ["scaled to zero, pod still there", deployment(0), [pod({})], { state: "stopped", reason: "Stopping" }],
  ["pod ready", deployment(), [pod({ conditions: [condition("Ready", "True")] })], { state: "running", since: SINCE }],
  ["no pod yet", deployment(), [], { state: "starting", reason: "Scheduling" }],
  [
    "only a pod that is going",
    deployment(),
    [pod({ conditions: [condition("Ready", "True")] }, { deletionTimestamp: SINCE })],
    { state: "starting", reason: "Restarting" },
  ],
  [
    "container being made",
    deployment(),
    [pod({ containerStatuses: [waiting("ContainerCreating")] })],
    { state: "starting", reason: "ContainerCreating", since: SINCE },
  ],
  [
    "container up, probe not passed",
    deployment(),
    [pod({ phase: "Running", conditions: [condition("Ready", "False")] })],
    { state: "starting", reason: "NotReady", since: SINCE },
  ],
  [
    "image missing",
    deployment(),
    [pod({ containerStatuses: [waiting("ImagePullBackOff", "not found")] })],
    { state: "failed", reason: "ImagePullBackOff", message: "not found", since: SINCE },
  ],
  [
    "no node has room",
    deployment(),
    [
      pod({
        conditions: [condition("PodScheduled", "False", { reason: "Unschedulable", message: "Insufficient memory" })],
      }),
    ],
    { state: "failed", reason: "Unschedulable", message: "Insufficient memory", since: SINCE },
  ],
  [
    "quota refuses the pod",
    deployment(1, [condition("ReplicaFailure", "True", { reason: "FailedCreate", message: "exceeded quota" })]),
    [],
    { state: "failed", reason: "FailedCreate", message: "exceeded quota", since: SINCE },
  ],
  [
    "evicted",
    deployment(),
    [pod({ phase: "Failed", reason: "Evicted", message: "low on disk" })],
    { state: "starting", reason: "Scheduling", message: "low on disk It was started anew." },
  ],
  [
    "too slow",
    deployment(1, [condition("Progressing", "False", { reason: "ProgressDeadlineExceeded", message: "timed out" })]),
    [pod({ phase: "Running" })],
    { state: "failed", reason: "ProgressDeadlineExceeded", message: "timed out", since: SINCE },
  ],
  [
    "one old pod failed, the new one is ready",
    deployment(),
    [
      pod({ phase: "Failed", reason: "Evicted", message: "low on disk." }),
      pod({ conditions: [condition("Ready", "True")] }),
    ],
    { state: "running", reason: "Evicted", message: "low on disk. It was started anew.", since: SINCE },
  ],
  [
    "one old pod ended well, as an editor does that is told to, and the next is starting",
    deployment(),
    [pod({ phase: "Succeeded" }), pod({ containerStatuses: [waiting("ContainerCreating")] })],
    {
      state: "starting",
      reason: "ContainerCreating",
      message: "Its pod was ended by the node. It was started anew.",
      since: SINCE,
    },
  ],
  [
    "scaled to zero, with a pod that was evicted",
    deployment(0),
    [pod({ phase: "Failed", reason: "Evicted" })],
    { state: "stopped" },
  ],
])("%s", (_name, wanted, pods, expected) => {
  expect(liveState(wanted, pods, NOW)).toEqual(expected);
});

test("a container that was started anew says why, the newest end first, and only while that is news", () => {
  const restarted = (reason: string, hour: number): V1ContainerStatus =>
    ({
      name: "workspace",
      lastState: { terminated: { exitCode: 137, reason, finishedAt: new Date(Date.UTC(2026, 0, 2, hour)) } },
    }) as V1ContainerStatus;
  const running = pod({
    conditions: [condition("Ready", "True")],
    containerStatuses: [restarted("OOMKilled", 3), restarted("Error", 2)],
  });
  const evicted = pod({ phase: "Failed", reason: "Evicted", startTime: new Date(Date.UTC(2026, 0, 1)) });
  expect(liveState(deployment(), [evicted, running], NOW)).toEqual({
    state: "running",
    reason: "OOMKilled",
    message: "It ran out of memory. It was started anew.",
    since: SINCE,
  });
  expect(liveState(deployment(), [evicted, running], NOW + 86_400_000)).toEqual({ state: "running", since: SINCE });
});

test("a crash loop tells why the container died, not how long the kubelet waits", () => {
  const crashed = (terminated: object): V1Pod =>
    pod({
      containerStatuses: [
        { ...waiting("CrashLoopBackOff", "back-off 40s"), lastState: { terminated } } as V1ContainerStatus,
      ],
    });
  expect(liveState(deployment(), [crashed({ exitCode: 1, message: "no config\n" })])).toMatchObject({
    message: "It ended with exit code 1: no config",
  });
  expect(liveState(deployment(), [crashed({ exitCode: 137, reason: "OOMKilled" })])).toMatchObject({
    message: "It ran out of memory.",
  });
});

test("times are the same from a list, which has dates, and from a watch, which has text", () => {
  const asText = JSON.parse(JSON.stringify(pod({ conditions: [condition("Ready", "True")] }))) as V1Pod;
  expect(liveState(deployment(), [asText])).toEqual({ state: "running", since: SINCE });
});
