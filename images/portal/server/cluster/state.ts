import type { V1ContainerStatus, V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { Workspace } from "../workspaces.ts";

/** How a workspace is, without whose it is. */
export type LiveState = Pick<Workspace, "state" | "reason" | "message" | "since">;

/** Why a container waits, where waiting longer will not help by itself (kubelet's own words). */
const FAILED_WAITS = new Set([
  "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
]);

/**
 * The state of a workspace from what Kubernetes says of it.
 * @param pods of the workspace's namespace, in any order
 */
export function liveState(deployment: V1Deployment | undefined, pods: readonly V1Pod[]): LiveState {
  if (!deployment) return { state: "starting", reason: "NotCreated", message: "The workspace's Deployment is not there yet." };
  const current = pods.filter((pod) => !pod.metadata?.deletionTimestamp);
  if ((deployment.spec?.replicas ?? 1) === 0) return stopped(pods);
  return ready(current) ?? failed(deployment, current) ?? starting(pods, current);
}

function stopped(pods: readonly V1Pod[]): LiveState {
  return pods.length > 0 ? { state: "stopped", reason: "Stopping" } : { state: "stopped" };
}

function ready(pods: readonly V1Pod[]): LiveState | undefined {
  const since = pods.map((pod) => condition(pod.status?.conditions, "Ready")).find((found) => found?.status === "True")?.lastTransitionTime;
  const isReady = pods.some((pod) => condition(pod.status?.conditions, "Ready")?.status === "True");
  return isReady ? { state: "running", ...at(since) } : undefined;
}

/** In order of how much it explains: the container, the pod, the scheduler, then what kept pods from being made at all. */
function failed(deployment: V1Deployment, pods: readonly V1Pod[]): LiveState | undefined {
  for (const pod of pods) {
    const waiting = containers(pod).find(({ state }) => FAILED_WAITS.has(state?.waiting?.reason ?? ""));
    if (waiting) return failure(waiting.state?.waiting?.reason, explainWait(waiting), pod.status?.startTime);
    if (pod.status?.phase === "Failed") return failure(pod.status.reason ?? "Failed", pod.status.message, pod.status.startTime);
    const scheduled = condition(pod.status?.conditions, "PodScheduled");
    if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") return failure(scheduled.reason, scheduled.message, scheduled.lastTransitionTime);
  }
  // Quota, Pod Security admission and the like refuse the pod, so there is none to ask.
  const refused = condition(deployment.status?.conditions, "ReplicaFailure");
  if (refused?.status === "True" && pods.length === 0) return failure(refused.reason, refused.message, refused.lastTransitionTime);
  const progressing = condition(deployment.status?.conditions, "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") return failure(progressing.reason, progressing.message, progressing.lastTransitionTime);
  return undefined;
}

function starting(pods: readonly V1Pod[], current: readonly V1Pod[]): LiveState {
  const [pod] = current;
  if (!pod) return { state: "starting", reason: pods.length > 0 ? "Restarting" : "Scheduling" };
  const waiting = containers(pod).find(({ state }) => state?.waiting)?.state?.waiting;
  const since = at(pod.status?.startTime ?? pod.metadata?.creationTimestamp);
  if (waiting) return { state: "starting", reason: waiting.reason, ...(waiting.message && { message: waiting.message }), ...since };
  return { state: "starting", reason: pod.status?.phase === "Running" ? "NotReady" : (pod.status?.phase ?? "Pending"), ...since };
}

function failure(reason: string | undefined, message: string | undefined, since: Date | string | undefined): LiveState {
  return { state: "failed", reason: reason ?? "Unknown", ...(message && { message }), ...at(since) };
}

/** A crash loop's own message tells how long the kubelet waits; why the container died stands in its last end. */
function explainWait({ state, lastState }: V1ContainerStatus): string | undefined {
  const last = lastState?.terminated;
  if (state?.waiting?.reason !== "CrashLoopBackOff" || !last) return state?.waiting?.message;
  const end = last.reason === "OOMKilled" ? "It ran out of memory" : `It ended with exit code ${last.exitCode}`;
  return last.message ? `${end}: ${last.message.trim()}` : `${end}.`;
}

function containers(pod: V1Pod): V1ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function condition<C extends { type: string }>(conditions: C[] | undefined, type: string): C | undefined {
  return conditions?.find((candidate) => candidate.type === type);
}

/** Objects from a list carry dates, objects from a watch carry their text. */
function at(time: Date | string | undefined): { since?: string } {
  return time ? { since: new Date(time).toISOString() } : {};
}
