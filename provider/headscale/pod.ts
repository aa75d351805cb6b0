import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { readKubeconfig } from "../cluster/kubeconfig.ts";
import { readyPod, type ContainerAddress, type Waiting } from "../cluster/ready-pod.ts";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf } from "../http/network-errors.ts";
import type { Progress } from "../node/toolchain.ts";

const seconds = 1000;
/** Milliseconds one command may take. */
const longestCommand = 30 * seconds;

/** A container that runs and is ready. */
export interface ReadyContainer {
  /** Runs a command in it, without a shell, and returns what it prints; @throws Unreachable, ActionableError `command-failed` with its last words. */
  run(...command: string[]): Promise<string>;
}

/**
 * Waits for a ready container.
 *
 * @throws NoPod; Unreachable with what the pod or the API server says; ActionableError `cluster-refused`.
 */
export async function readyContainer(
  address: ContainerAddress,
  waiting: Waiting,
  progress: Progress,
): Promise<ReadyContainer> {
  const config = readKubeconfig(address.kubeconfig, address.context);
  const pod = await readyPod(config, address, waiting, progress);
  return { run: (...command) => run(config, address, pod, command) };
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
