import type { KubeConfig } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { Unreachable } from "../errors.ts";
import type { Progress } from "../node/toolchain.ts";
import { listPods, whyNotReady, type Pod } from "./pods.ts";
import { ApiServer } from "./server.ts";

const seconds = 1000;
/** Milliseconds without a word after which the API server is given up. */
const longestAnswer = 10 * seconds;

/** One container of the pod that a label selector finds. */
export interface ContainerAddress {
  /** kubeconfig as YAML. */
  readonly kubeconfig: string;
  /** @default the kubeconfig's own */
  readonly context?: string;
  readonly namespace: string;
  /** For instance "app.kubernetes.io/name=headscale". */
  readonly labelSelector: string;
  readonly container: string;
}

/** There is no pod that the selector finds; one may be about to come. */
export class NoPod extends Unreachable {}

/** Milliseconds to wait. */
export interface Waiting {
  /** For a pod to be ready. */
  readonly ready: number;
  /** For there to be a pod at all. @default `ready` */
  readonly there?: number;
}

/**
 * Waits for a pod whose container is ready, and returns its name.
 *
 * @throws NoPod; Unreachable with what the pod or the API server says; ActionableError `cluster-refused`.
 */
export async function readyPod(
  config: KubeConfig,
  address: Omit<ContainerAddress, "kubeconfig" | "context">,
  { ready: readyWithin, there = readyWithin }: Waiting,
  progress: Progress,
): Promise<string> {
  const server = new ApiServer(config, Math.min(longestAnswer, readyWithin));
  const start = Date.now(),
    { namespace, labelSelector } = address;
  return pRetry(async () => ready(await listPods(server, namespace, labelSelector), address), {
    retries: Infinity,
    maxRetryTime: readyWithin,
    minTimeout: seconds,
    factor: 1,
    shouldRetry: ({ error }) =>
      error instanceof Unreachable && !(error instanceof NoPod && Date.now() - start >= there),
    onFailedAttempt: ({ error }) => progress(error.message),
  });
}

/** @throws NoPod, Unreachable */
function ready(
  found: readonly Pod[],
  { namespace, labelSelector, container }: Omit<ContainerAddress, "kubeconfig">,
): string {
  const staying = found.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (staying.length === 0) throw new NoPod("no-pod", `there is no pod ${labelSelector} in the namespace ${namespace}`);
  const running = staying.find(({ status }) =>
    status.containerStatuses.some((state) => state.name === container && state.ready),
  );
  if (running === undefined) throw new Unreachable("pod-not-ready", staying.map(waitsFor).join("; "));
  return running.metadata.name;
}

function waitsFor(pod: Pod): string {
  const why = whyNotReady(pod);
  return `the pod ${pod.metadata.name} is not ready${why === undefined ? "" : `: ${why}`}`;
}
