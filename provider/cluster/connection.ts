import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, type RequestOptions } from "node:https";
import { ask, type Answer } from "../http/request.ts";

/** Requests at once: more would not be answered sooner. */
const atOnce = 16;

export interface Request {
  readonly method: "GET" | "PATCH" | "DELETE";
  /** With its query, from /api or /apis on. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** @default "application/json" */
  readonly accept?: string;
}

/** The way to an API server, with the credentials of a kubeconfig. */
export class Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #config: KubeConfig;
  readonly #patience: number;
  #options?: Promise<RequestOptions>;

  /** @param patience milliseconds without a word after which a request is given up. */
  constructor(config: KubeConfig, patience: number) {
    this.url = (config.getCurrentCluster()?.server ?? "").replace(/\/+$/, "");
    this.#config = config;
    this.#patience = patience;
  }

  /** @throws as `ask` */
  async send({ method, path, body, accept = "application/json" }: Request): Promise<Answer> {
    const options = await (this.#options ??= this.#connect());
    // The server takes JSON for YAML, which it is.
    const content =
      body === undefined
        ? {}
        : { "Content-Type": "application/apply-patch+yaml", "Content-Length": Buffer.byteLength(body) };
    return ask(`${this.url}${path}`, {
      ...options,
      method,
      body,
      patience: this.#patience,
      headers: { ...options.headers, ...content, Accept: accept },
    });
  }

  /** One agent for all requests: a connection costs more than a question. A proxy that the kubeconfig names has its own. */
  async #connect(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    if (this.#config.getCurrentCluster()?.proxyUrl !== undefined) return options;
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    return {
      ...options,
      agent: new Agent({ ca, cert, key, rejectUnauthorized, servername, keepAlive: true, maxSockets: atOnce }),
    };
  }
}
