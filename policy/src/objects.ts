/** What the rules read of Kubernetes objects. Inputs may be of anybody's making, so nothing is taken for granted. */
export interface Metadata {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  procMount?: string;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type?: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  appArmorProfile?: { type?: string };
  windowsOptions?: { hostProcess?: boolean };
  sysctls?: { name?: string }[];
}

export interface Container {
  name?: string;
  image?: string;
  securityContext?: SecurityContext;
  ports?: { hostPort?: number }[];
  env?: { name?: string; value?: string }[];
}

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  volumes?: Record<string, unknown>[];
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
}

interface Workload {
  spec?: PodSpec & { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } };
}

const TEMPLATED =
  /^kubernetes:(apps\/v1:(Deployment|StatefulSet|DaemonSet|ReplicaSet)|batch\/v1:Job|core\/v1:ReplicationController)$/;

/** The pod that an object of a type makes; undefined where it makes none. */
export function podSpecOf(type: string, props: unknown): PodSpec | undefined {
  const { spec } = props as Workload;
  if (type === "kubernetes:core/v1:Pod") return spec ?? {};
  if (TEMPLATED.test(type)) return spec?.template?.spec ?? {};
  if (type === "kubernetes:batch/v1:CronJob") return spec?.jobTemplate?.spec?.template?.spec ?? {};
  return undefined;
}

/** Every container of a pod, of whichever kind. */
export function containersOf(pod: PodSpec): Container[] {
  return [...(pod.initContainers ?? []), ...(pod.containers ?? []), ...(pod.ephemeralContainers ?? [])];
}

export function metadataOf(props: unknown): Metadata {
  return (props as { metadata?: Metadata }).metadata ?? {};
}

/**
 * A value, or undefined while it can't be known: in a preview of what isn't there yet, the
 * engine throws where such a value is read. What is undefined then is checked when applied.
 */
export function ifKnown<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (typeof error === "object" && error !== null && "unknownTypeSentinel" in error) return undefined;
    throw error;
  }
}
