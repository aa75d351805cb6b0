import { type KubeConfig, PortForward } from "@kubernetes/client-node";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf } from "../http/network-errors.ts";
import { listPods, whyNotReady, type Pod } from "./pods.ts";
import { ApiServer } from "./server.ts";

/** A port of whichever pod of a kind is ready. */
export interface PodPort {
  readonly namespace: string;
  /** For instance "app.kubernetes.io/name=nats". */
  readonly labelSelector: string;
  readonly port: number;
}

/** There is no such pod at all: what it held is not to be undone there. */
export class NothingThere extends Unreachable {}

/** A port of this machine's loopback that leads to a pod's. */
export interface Forwarding {
  readonly port: number;
  /** Why the last connection came to nothing, where one did. */
  readonly failure: () => string | undefined;
  close(): void;
}

/**
 * Leads to a pod through the API server, as `kubectl port-forward` does, for what listens inside the cluster alone.
 * Nothing holds the process because of it.
 *
 * @param patience milliseconds without a word after which the API server is given up.
 * @throws Unreachable where no pod is ready; ActionableError `cluster-refused`.
 */
export async function forwardTo(config: KubeConfig, target: PodPort, patience: number): Promise<Forwarding> {
  const { namespace, labelSelector, port } = target;
  const found = await listPods(new ApiServer(config, patience), namespace, labelSelector);
  const pod = found.find(isReady);
  if (found.length === 0)
    throw new NothingThere("no-pod", `there is no pod ${labelSelector} in the namespace ${namespace}`);
  if (pod === undefined) throw new Unreachable("pod-not-ready", found.map(waitsFor).join("; "));
  let failure: string | undefined;
  const forward = new PortForward(config);
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Whoever connected learns that it broke by its end.
    socket.on("error", () => socket.destroy());
    forward.portForward(namespace, pod.metadata.name, [port], socket, null, socket).then(
      (connection) => {
        const tunnel = typeof connection === "function" ? connection() : connection;
        socket.once("close", () => tunnel?.close());
        if (tunnel !== null) tunnel.onclose = () => socket.destroy();
      },
      (error: unknown) => {
        failure = messageOf(error);
        socket.destroy();
      },
    );
  });
  listener.unref();
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    failure: () => failure,
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True")
  );
}

function waitsFor(pod: Pod): string {
  const why = whyNotReady(pod);
  return `the pod ${pod.metadata.name} is not ready${why === undefined ? "" : `: ${why}`}`;
}

/** @throws ActionableError where the API server opens no way to pods for these credentials */
export function refusedForward({ failure }: Forwarding): void {
  const why = failure();
  if (why !== undefined && / 4\d\d$/.test(why))
    throw new ActionableError("cluster-refused", `the API server opens no way to the pod: ${why}`);
}
