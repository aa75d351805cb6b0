import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, request, type RequestOptions } from "node:https";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { passesByItself } from "../network-errors.ts";

const list = z.object({ items: z.array(z.unknown()) });
const version = z.object({ gitVersion: z.string() });

/** Requests at once: more would not be answered sooner. */
const atOnce = 16;

/** An API server, to be asked with the credentials of a kubeconfig. */
export class ApiServer {
  readonly url: string;
  readonly #config: KubeConfig;
  readonly #patience: number;
  #options?: Promise<RequestOptions>;

  /** @param patience milliseconds without a word after which it is given up. */
  constructor(config: KubeConfig, patience: number) {
    this.url = config.getCurrentCluster()?.server ?? "";
    this.#config = config;
    this.#patience = patience;
  }

  /** For instance "v1.36.3". @throws as `list`. */
  async version(): Promise<string> {
    return version.parse(JSON.parse(await this.#text("/version", "the question for its version"))).gitVersion;
  }

  /**
   * The objects of a list.
   *
   * @param path of the API, for instance "/apis/apps/v1/deployments".
   * @param what it lists, for messages.
   * @throws Unreachable; ActionableError `cluster-refused`.
   */
  async list(path: string, what: string): Promise<unknown[]> {
    return list.parse(JSON.parse(await this.#text(path, `the list of ${what}`))).items;
  }

  /**
   * What is at a path.
   *
   * @param what it is, for messages.
   * @returns undefined where there is nothing.
   * @throws as `list`.
   */
  async get(path: string, what: string): Promise<unknown> {
    const text = await this.#text(path, `the question for ${what}`, 404);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  #text(path: string, question: string): Promise<string>;
  #text(path: string, question: string, none: number): Promise<string | undefined>;
  async #text(path: string, question: string, none?: number): Promise<string | undefined> {
    const name = `the API server ${this.url}`;
    const { status, text } = await this.#get(path).catch((error: unknown) => {
      if (passesByItself(error)) throw new Unreachable("cluster-unreachable", `${name} does not answer: ${messageOf(error)}`);
      throw new ActionableError("cluster-refused", `${name} cannot be asked: ${messageOf(error)}`);
    });
    if (status === none) return undefined;
    if (status >= 500) throw new Unreachable("cluster-unreachable", `${name} answered ${status} to ${question}`);
    if (status !== 200) throw new ActionableError("cluster-refused", `${name} answered ${status} to ${question}`);
    return text;
  }

  /** By a request of our own: the client's would wait for ever for a server that takes the connection and says nothing. */
  async #get(path: string): Promise<{ status: number; text: string }> {
    const options = await (this.#options ??= this.#connection());
    return new Promise((resolve, reject) => {
      const asking = request(`${this.url.replace(/\/+$/, "")}${path}`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("error", reject)
          .on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asking.on("timeout", () => asking.destroy(Object.assign(new Error(`no word for ${this.#patience / 1000} s`), { code: "ETIMEDOUT" })));
      asking.on("error", reject).end();
    });
  }

  /** One agent for all questions: a connection costs more than a question. A proxy that the kubeconfig names has its own. */
  async #connection(): Promise<RequestOptions> {
    const options: RequestOptions = { timeout: this.#patience };
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const agent = this.#config.getCurrentCluster()?.proxyUrl === undefined ? new Agent({ ca, cert, key, rejectUnauthorized, servername, keepAlive: true, maxSockets: atOnce }) : options.agent;
    return { ...options, agent, headers: { ...options.headers, Accept: "application/json" } };
  }
}

/** Failures to connect come as errors and as events of a WebSocket; both have a message. */
export function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  return typeof message === "string" && message !== "" ? message : String(error);
}
