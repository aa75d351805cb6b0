import type { V1ContainerStateTerminated, V1ContainerStatus, V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { Workspace } from "../guild/workspaces.ts";

/** How a workspace is, without whose it is. */
export type LiveState = Pick<Workspace, "state" | "reason" | "message" | "since">;

/** Why a container waits, where waiting longer will not help by itself (kubelet's own words). */
const FAILED_WAITS = new Set([
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImagePull",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** How long an end is told of. */
const REPORTED_MS = 24 * 60 * 60 * 1000;

/**
 * The state of a workspace from what Kubernetes says of it.
 * @param pods of the workspace's namespace, in any order; one that was evicted stays among them for good
 */
export function liveState(deployment: V1Deployment | undefined, pods: readonly V1Pod[], now = Date.now()): LiveState {
  if (!deployment)
    return { state: "starting", reason: "NotCreated", message: "The workspace's Deployment is not there yet." };
  const alive = pods.filter((pod) => !hasEnded(pod));
  const current = alive.filter((pod) => !pod.metadata?.deletionTimestamp);
  if ((deployment.spec?.replicas ?? 1) === 0) return stopped(alive);
  const end = lastTermination(pods, now);
  return ready(current, end) ?? failed(deployment, current) ?? starting(alive, current, end);
}

function stopped(alive: readonly V1Pod[]): LiveState {
  return alive.length > 0 ? { state: "stopped", reason: "Stopping" } : { state: "stopped" };
}

function ready(pods: readonly V1Pod[], end: Termination | undefined): LiveState | undefined {
  const since = pods
    .map((pod) => condition(pod.status?.conditions, "Ready"))
    .find((found) => found?.status === "True")?.lastTransitionTime;
  const isReady = pods.some((pod) => condition(pod.status?.conditions, "Ready")?.status === "True");
  return isReady
    ? { state: "running", ...(end && { reason: end.reason, message: end.message }), ...at(since) }
    : undefined;
}

/** In order of how much it explains: the container, the pod, the scheduler, then what kept pods from being made at all. */
function failed(deployment: V1Deployment, pods: readonly V1Pod[]): LiveState | undefined {
  for (const pod of pods) {
    const waiting = containers(pod).find(({ state }) => FAILED_WAITS.has(state?.waiting?.reason ?? ""));
    if (waiting) return failure(waiting.state?.waiting?.reason, explainWait(waiting), pod.status?.startTime);
    const scheduled = condition(pod.status?.conditions, "PodScheduled");
    if (scheduled?.status === "False" && scheduled.reason === "Unschedulable")
      return failure(scheduled.reason, scheduled.message, scheduled.lastTransitionTime);
  }
  // Quota, Pod Security admission and the like refuse the pod, so there is none to ask.
  const refused = condition(deployment.status?.conditions, "ReplicaFailure");
  if (refused?.status === "True" && pods.length === 0)
    return failure(refused.reason, refused.message, refused.lastTransitionTime);
  const progressing = condition(deployment.status?.conditions, "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded")
    return failure(progressing.reason, progressing.message, progressing.lastTransitionTime);
  return undefined;
}

function starting(alive: readonly V1Pod[], current: readonly V1Pod[], end: Termination | undefined): LiveState {
  const [pod] = current;
  const told = end && { message: end.message };
  if (!pod) return { state: "starting", reason: alive.length > 0 ? "Restarting" : "Scheduling", ...told };
  const waiting = containers(pod).find(({ state }) => state?.waiting)?.state?.waiting;
  const since = at(pod.status?.startTime ?? pod.metadata?.creationTimestamp);
  if (waiting)
    return {
      state: "starting",
      reason: waiting.reason,
      ...(waiting.message ? { message: waiting.message } : told),
      ...since,
    };
  return {
    state: "starting",
    reason: pod.status?.phase === "Running" ? "NotReady" : (pod.status?.phase ?? "Pending"),
    ...told,
    ...since,
  };
}

function failure(reason: string | undefined, message: string | undefined, since: Date | string | undefined): LiveState {
  return { state: "failed", reason: reason ?? "Unknown", ...(message && { message }), ...at(since) };
}

/** A crash loop's own message tells how long the kubelet waits; why the container died stands in its last end. */
function explainWait({ state, lastState }: V1ContainerStatus): string | undefined {
  const last = lastState?.terminated;
  if (state?.waiting?.reason !== "CrashLoopBackOff" || !last) return state?.waiting?.message;
  return explainTermination(last);
}

function explainTermination({ reason, exitCode, message }: V1ContainerStateTerminated): string {
  const end = reason === "OOMKilled" ? "It ran out of memory" : `It ended with exit code ${exitCode}`;
  return message ? `${end}: ${message.trim()}` : `${end}.`;
}

/** Why something that runs again did not run on: who comes back finds terminals and /tmp gone. */
interface Termination {
  readonly reason: string;
  readonly message: string;
}

/** The newest end that nobody asked for, of a pod or of a container in one, as long as it may be news. */
function lastTermination(pods: readonly V1Pod[], now: number): Termination | undefined {
  const ofPods = pods.filter(hasEnded).map((pod) => {
    const { reason, message, startTime, containerStatuses = [] } = pod.status ?? {};
    const ends = containerStatuses.flatMap(({ state }) => state?.terminated?.finishedAt ?? []);
    return {
      reason: reason ?? "Ended",
      message: message?.trim() ?? "Its pod was ended by the node.",
      at: ends[0] ?? startTime,
    };
  });
  const ofContainers = pods
    .flatMap(containers)
    .flatMap(({ lastState }) => lastState?.terminated ?? [])
    .map((last) => ({ reason: last.reason ?? "Error", message: explainTermination(last), at: last.finishedAt }));
  const timeOf = ({ at: time }: { at?: Date | string }): number => (time ? new Date(time).getTime() : 0);
  const [newest] = [...ofPods, ...ofContainers]
    .filter((end) => now - timeOf(end) < REPORTED_MS)
    .sort((a, b) => timeOf(b) - timeOf(a));
  return newest && { reason: newest.reason, message: `${newest.message} It was started anew.` };
}

/** Of a pod that was evicted; one that is deleted is gone. */
function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
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
