/** What the command line reads of Kubernetes objects. */
export interface Job {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; creationTimestamp?: string };
  spec?: {
    template: { spec: { containers: Container[]; volumes?: { persistentVolumeClaim?: { claimName: string } }[] } };
  };
  status?: { startTime?: string; completionTime?: string; conditions?: Condition[] };
}

export interface Container {
  name: string;
  env?: { name: string; value?: string }[];
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Pod {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  status?: {
    phase?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  name: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    terminated?: { exitCode: number; reason?: string; message?: string };
  };
}

export interface CronJob {
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  spec?: { suspend?: boolean };
}

export interface Deployment {
  metadata: { annotations?: Record<string, string> };
  spec: { replicas?: number; selector: { matchLabels: Record<string, string> } };
}

/** How a job ended; undefined while it hasn't. */
export function ended({ status }: Job): { ok: boolean; message: string; at: string } | undefined {
  const found = (status?.conditions ?? []).find(
    (condition) => condition.status === "True" && (condition.type === "Complete" || condition.type === "Failed"),
  );
  if (found === undefined) return undefined;
  return {
    ok: found.type === "Complete",
    message: found.message ?? found.reason ?? "",
    at: found.lastTransitionTime ?? status?.completionTime ?? "",
  };
}

/** Why a pod doesn't run yet, in the cluster's words. */
export function waitsFor({ status }: Pod): string {
  const unscheduled = (status?.conditions ?? []).find(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ state }) => state?.waiting !== undefined,
  )?.state?.waiting;
  return unscheduled?.message ?? waiting?.message ?? waiting?.reason ?? "starting";
}

/** What a pod that succeeded has to say all the same. */
export function warning({ status }: Pod): string | undefined {
  return (status?.containerStatuses ?? [])
    .map(({ state }) => state?.terminated)
    .find((state) => state?.exitCode === 0 && state.message !== undefined)
    ?.message?.trim();
}

/** The last words of a pod that failed, and with which exit code. */
export function lastWords({ status }: Pod): { exitCode: number; message: string } | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const terminated = all
    .map(({ state }) => state?.terminated)
    .find((state) => state !== undefined && state.exitCode !== 0);
  return (
    terminated && { exitCode: terminated.exitCode, message: (terminated.message ?? terminated.reason ?? "").trim() }
  );
}
