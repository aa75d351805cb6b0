import { KubeConfig } from "@kubernetes/client-node";
import { request, type RequestOptions } from "node:https";
import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { passesByItself } from "../network-errors.ts";
import { messageOf } from "../cluster/server.ts";

const seconds = 1000;
/** Milliseconds without a word after which a request is given up. */
const longestAnswer = 20 * seconds;
const status = z.object({ message: z.string() });

export interface Request {
  readonly method: "GET" | "PATCH" | "DELETE";
  /** With its query, from /api or /apis on. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly accept?: string;
}

export interface Answer {
  readonly status: number;
  /** Undefined where it was none. */
  readonly json: unknown;
}

/** An API server, by requests of our own: the client's would wait for ever for one that takes the connection and says nothing. */
export class ClusterApi {
  readonly #options: RequestOptions;
  readonly #server: string;
  readonly #patience: number;

  private constructor(server: string, options: RequestOptions, patience: number) {
    this.#server = server.replace(/\/+$/, "");
    this.#options = options;
    this.#patience = patience;
  }

  /**
   * @param kubeconfig YAML.
   * @param patience milliseconds for which a request is repeated while nobody answers it.
   * @throws ActionableError `kubeconfig-incomplete`.
   */
  static async of(kubeconfig: string, context: string | undefined, patience: number): Promise<ClusterApi> {
    const config = new KubeConfig(), options: RequestOptions = {};
    config.loadFromString(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new ActionableError("kubeconfig-incomplete", `the kubeconfig has no cluster for its context ${JSON.stringify(config.getCurrentContext())}`);
    await config.applyToHTTPSOptions(options);
    return new ClusterApi(cluster.server, options, patience);
  }

  /**
   * Each request may be made twice: what it asks for is a state.
   *
   * @returns the answer when its status is one of `accepted`.
   * @throws Unreachable; ActionableError `cluster-refused` with the server's own words.
   */
  async ask(asked: Request, ...accepted: number[]): Promise<Answer> {
    const answer = await pRetry(() => this.#attempt(asked), {
      retries: Infinity, maxRetryTime: this.#patience, minTimeout: 250, factor: 1.5, maxTimeout: 2 * seconds,
      shouldRetry: ({ error }) => error instanceof Unreachable,
    });
    if (accepted.includes(answer.status)) return answer;
    throw new ActionableError("cluster-refused", this.#words(asked, answer));
  }

  async #attempt(asked: Request): Promise<Answer> {
    const answer = await this.#send(asked).catch((error: unknown) => {
      const words = `the API server ${this.#server} does not answer: ${messageOf(error)}`;
      throw passesByItself(error) ? new Unreachable("cluster-unreachable", words) : new ActionableError("cluster-refused", words);
    });
    if (answer.status >= 500 || answer.status === 429) throw new Unreachable("cluster-unreachable", this.#words(asked, answer));
    return answer;
  }

  #words({ method, path }: Request, { status: code, json }: Answer): string {
    return `the API server ${this.#server} answered ${code} to ${method} ${path.split("?")[0]}: ${status.safeParse(json).data?.message ?? "nothing more"}`;
  }

  #send({ method, path, body, accept = "application/json" }: Request): Promise<Answer> {
    // The server takes JSON for YAML, which it is.
    const content = body === undefined ? {} : { "Content-Type": "application/apply-patch+yaml", "Content-Length": Buffer.byteLength(body) };
    const options = { ...this.#options, method, timeout: longestAnswer, headers: { ...this.#options.headers, ...content, Accept: accept } };
    return new Promise((resolve, reject) => {
      const asking = request(new URL(this.#server + path), options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("error", reject)
          .on("end", () => resolve({ status: response.statusCode ?? 0, json: parsed(text) }));
      });
      asking.on("timeout", () => asking.destroy(Object.assign(new Error(`no word for ${longestAnswer / seconds} s`), { code: "ETIMEDOUT" })));
      asking.on("error", reject).end(body);
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller tells of it
  }
}
