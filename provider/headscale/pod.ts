import { ApiException, CoreV1Api, Exec, KubeConfig, type V1Pod, type V1Status } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { ActionableError, Unreachable } from "../errors.ts";
import type { Progress } from "../node/toolchain.ts";
import { passesByItself } from "./network-errors.ts";

const seconds = 1000;
/** Milliseconds one command may take. */
const longestCommand = 60 * seconds;

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

/** A container that runs and is ready. */
export interface ReadyContainer {
  /** Runs a command in it, without a shell, and returns what it prints; @throws Unreachable, ActionableError `command-failed` with its last words. */
  run(...command: string[]): Promise<string>;
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
 * Waits for a ready container.
 *
 * @throws NoPod; Unreachable with what the pod or the API server says; ActionableError `cluster-refused`.
 */
export async function readyContainer(address: ContainerAddress, { ready: readyWithin, there = readyWithin }: Waiting, progress: Progress): Promise<ReadyContainer> {
  const config = clusterConfig(address);
  const core = config.makeApiClient(CoreV1Api), start = Date.now();
  const pod = await pRetry(async () => ready(await pods(core, config, address), address), {
    retries: Infinity, maxRetryTime: readyWithin, minTimeout: seconds, factor: 1,
    shouldRetry: ({ error }) => error instanceof Unreachable && !(error instanceof NoPod && Date.now() - start >= there),
    onFailedAttempt: ({ error }) => progress(error.message),
  });
  return { run: (...command) => run(config, address, pod, command) };
}

function clusterConfig({ kubeconfig, context }: ContainerAddress): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) throw new ActionableError("kubeconfig-incomplete", `the kubeconfig has no cluster for its context ${JSON.stringify(config.getCurrentContext())}`);
  return config;
}

async function pods(core: CoreV1Api, config: KubeConfig, { namespace, labelSelector }: ContainerAddress): Promise<V1Pod[]> {
  try {
    return (await core.listNamespacedPod({ namespace, labelSelector })).items;
  } catch (error) {
    const server = `the API server ${config.getCurrentCluster()?.server}`;
    // Without its cause: that one holds the request, and with it the cluster's credentials.
    if (error instanceof ApiException) throw new ActionableError("cluster-refused", `${server} answered ${error.code} to the list of pods in ${namespace}`);
    if (passesByItself(error)) throw new Unreachable("cluster-unreachable", `${server} does not answer: ${messageOf(error)}`);
    throw new ActionableError("cluster-refused", `${server} cannot be asked: ${messageOf(error)}`);
  }
}

/** @throws NoPod, Unreachable */
function ready(found: readonly V1Pod[], { namespace, labelSelector, container }: ContainerAddress): string {
  const staying = found.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  if (staying.length === 0) throw new NoPod("no-pod", `there is no pod ${labelSelector} in the namespace ${namespace}`);
  const running = staying.find((pod) => pod.status?.containerStatuses?.some((state) => state.name === container && state.ready));
  if (running?.metadata?.name === undefined) throw new Unreachable("pod-not-ready", staying.map((pod) => waitsFor(pod, container)).join("; "));
  return running.metadata.name;
}

function waitsFor({ metadata, status }: V1Pod, container: string): string {
  const state = status?.containerStatuses?.find(({ name }) => name === container)?.state;
  const unscheduled = status?.conditions?.find(({ type, status: held }) => type === "PodScheduled" && held !== "True");
  const why = state?.waiting ?? state?.terminated ?? unscheduled;
  const words = [why?.reason, why?.message].filter((word) => word !== undefined).join(": ");
  return `the pod ${metadata?.name} is not ready${words === "" ? "" : `: ${words}`}`;
}

async function run(config: KubeConfig, { namespace, container }: ContainerAddress, pod: string, command: string[]): Promise<string> {
  const stdout = new PassThrough(), stderr = new PassThrough();
  const words = Promise.all([text(stdout), text(stderr)]);
  const status = await new Promise<V1Status>((resolve, reject) => {
    const lost = (why: string): void => reject(new Unreachable("command-lost", `the connection to the pod ${pod} broke: ${why}`));
    const refused = (why: string): void => reject(new ActionableError("cluster-refused", `the API server runs no command in the pod ${pod}: ${why}`));
    new Exec(config).exec(namespace, pod, container, command, stdout, stderr, null, false, resolve).then((socket) => {
      const timer = setTimeout(() => socket.close(), longestCommand);
      socket.onclose = ({ reason }) => {
        clearTimeout(timer);
        lost(reason || `no end of the command within ${longestCommand / seconds} s, or the pod ended`);
      };
    }, (error: unknown) => (/ 4\d\d$/.test(messageOf(error)) ? refused : lost)(messageOf(error)));
  });
  const [printed, complaint] = await words;
  if (status.status === "Success") return printed;
  const last = complaint.trim().split("\n").at(-1) || status.message || "no word";
  throw new ActionableError("command-failed", `"${command.slice(0, 3).join(" ")}" failed in the pod ${pod}: ${last}`);
}

/** Failures to connect come as errors and as events of a WebSocket; both have a message. */
function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  return typeof message === "string" && message !== "" ? message : String(error);
}
