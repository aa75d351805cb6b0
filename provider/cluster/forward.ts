import type { KubeConfig } from "@kubernetes/client-node";
import type { RequestOptions } from "node:https";
import { Duplex } from "node:stream";
import WebSocket from "ws";
import { Unreachable } from "../errors.ts";
import { messageOf } from "../http/network-errors.ts";

/** The protocol of these channels: https://kubernetes.io/docs/reference/using-api/ */
const PROTOCOL = "v4.channel.k8s.io";
/** Each channel begins with the number of the port, in two bytes. */
const PORT_BYTES = 2;
const DATA = 0;
const ERROR = 1;

/**
 * A connection to a port of a pod, by way of the API server and the pod's kubelet: no policy of the
 * network has a say in it. Kubernetes' client has one as well, which takes what is written to it into memory, and of a
 * model that is more than a machine has.
 *
 * @throws Unreachable
 */
export async function forwarded(
  config: KubeConfig,
  { namespace, pod, port }: { namespace: string; pod: string; port: number },
): Promise<Duplex> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward?ports=${port}`;
  const server = (config.getCurrentCluster()?.server ?? "").replace(/\/+$/, "");
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const socket = new WebSocket(`${server.replace(/^http/, "ws")}${path}`, PROTOCOL, options);
  // Before it is open: the first word may come with the answer.
  const stream = new PodStream(pod, socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve).once("error", (error) => {
      reject(new Unreachable("pod-unreachable", `no way to port ${port} of the pod ${pod}: ${messageOf(error)}`));
    });
  });
  return stream;
}

class PodStream extends Duplex {
  readonly #pod: string;
  readonly #socket: WebSocket;
  readonly #begun = new Map<number, number>();

  constructor(pod: string, socket: WebSocket) {
    super();
    this.#pod = pod;
    this.#socket = socket;
    // Until somebody speaks over it there is nobody to hear of its end; `forwarded` tells of what comes before.
    this.on("error", () => {});
    socket
      .on("message", (message: Buffer) => this.#take(message))
      .on("close", () => this.push(null))
      .on("error", (error) => this.destroy(lost(pod, messageOf(error))));
  }

  #take(message: Buffer): void {
    const channel = message[0] ?? DATA,
      bytes = message.subarray(1);
    const skipped = this.#begun.get(channel) ?? 0;
    const data = bytes.subarray(Math.max(0, PORT_BYTES - skipped));
    this.#begun.set(channel, Math.min(PORT_BYTES, skipped + bytes.length));
    if (data.length === 0) return;
    if (channel === DATA) this.push(data);
    if (channel === ERROR) this.destroy(lost(this.#pod, data.toString().trim()));
  }

  override _read(): void {
    // What comes is pushed as it comes: answers of an API, which are small.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Called back once it is on its way, so that no more than a piece is held.
    this.#socket.send(Buffer.concat([Buffer.from([DATA]), chunk]), (error) => done(error ?? null));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.close();
    done(error);
  }
}

/** As a connection's own errors are told: what asks over it tries again. */
function lost(pod: string, why: string): Error {
  return Object.assign(new Error(`the connection to the pod ${pod} broke: ${why}`), { code: "ECONNRESET" });
}
