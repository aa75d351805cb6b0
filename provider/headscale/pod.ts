import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { readKubeconfig } from "../cluster/kubeconfig.ts";
import { listPods, whyNotReady, type Pod } from "../cluster/pods.ts";
import { ApiServer } from "../cluster/server.ts";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf } from "../http/network-errors.ts";
import type { Progress } from "../node/toolchain.ts";

const seconds = 1000;
/** Milliseconds one command may take. */
const longestCommand = 30 * seconds;
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
export async function readyContainer(
  address: ContainerAddress,
  { ready: readyWithin, there = readyWithin }: Waiting,
  progress: Progress,
): Promise<ReadyContainer> {
  const config = readKubeconfig(address.kubeconfig, address.context),
    server = new ApiServer(config, Math.min(longestAnswer, readyWithin));
  const start = Date.now(),
    { namespace, labelSelector } = address;
  const pod = await pRetry(async () => ready(await listPods(server, namespace, labelSelector), address), {
    retries: Infinity,
    maxRetryTime: readyWithin,
    minTimeout: seconds,
    factor: 1,
    shouldRetry: ({ error }) =>
      error instanceof Unreachable && !(error instanceof NoPod && Date.now() - start >= there),
    onFailedAttempt: ({ error }) => progress(error.message),
  });
  return { run: (...command) => run(config, address, pod, command) };
}

/** @throws NoPod, Unreachable */
function ready(found: readonly Pod[], { namespace, labelSelector, container }: ContainerAddress): string {
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

async function run(config: KubeConfig, address: ContainerAddress, pod: string, command: string[]): Promise<string> {
  const stdout = new PassThrough(),
    stderr = new PassThrough();
  const words = Promise.all([text(stdout), text(stderr)]);
  const status = await ended(config, address, pod, command, { stdout, stderr });
  const [printed, complaint] = await words;
  if (status.status === "Success") return printed;
  const last = complaint.trim().split("\n").at(-1) || status.message || "no word";
  throw new ActionableError("command-failed", `"${command.slice(0, 3).join(" ")}" failed in the pod ${pod}: ${last}`);
}

/** How a command ended. @throws Unreachable when that is not to be known; ActionableError `cluster-refused` when it was not begun. */
function ended(
  config: KubeConfig,
  { namespace, container }: ContainerAddress,
  pod: string,
  command: string[],
  { stdout, stderr }: { stdout: PassThrough; stderr: PassThrough },
): Promise<V1Status> {
  return new Promise((resolve, reject) => {
    let close = (): void => {};
    const lost = (why: string): void => {
      clearTimeout(timer);
      reject(new Unreachable("command-lost", `the connection to the pod ${pod} broke: ${why}`));
      close();
    };
    const timer = setTimeout(() => lost(`no end of the command within ${longestCommand / seconds} s`), longestCommand);
    new Exec(config).exec(namespace, pod, container, command, stdout, stderr, null, false, resolve).then(
      (socket) => {
        close = () => socket.close();
        socket.onclose = ({ reason }) => lost(reason || "it was closed before the command's end");
      },
      (error: unknown) => {
        const words = messageOf(error);
        if (/ 4\d\d$/.test(words))
          reject(new ActionableError("cluster-refused", `the API server runs no command in the pod ${pod}: ${words}`));
        lost(words);
      },
    );
  });
}
