import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { Connection, type Request } from "../cluster/connection.ts";
import { readKubeconfig } from "../cluster/kubeconfig.ts";
import { messageOf, passesByItself } from "../http/network-errors.ts";
import { jsonOf } from "../http/request.ts";

const seconds = 1000;
/** Milliseconds without a word after which a request is given up. */
const longestAnswer = 20 * seconds;
const status = z.object({ message: z.string() });

export interface Answer {
  readonly status: number;
  /** Undefined where it was none. */
  readonly json: unknown;
}

/** An API server that is changed: what it is asked for is a state, and asked for again while it does not answer. */
export class ClusterApi {
  readonly #connection: Connection;
  readonly #patience: number;

  /**
   * @param kubeconfig YAML.
   * @param patience milliseconds for which a request is repeated while nobody answers it.
   * @throws ActionableError `kubeconfig-incomplete`.
   */
  constructor(kubeconfig: string, context: string | undefined, patience: number) {
    this.#connection = new Connection(readKubeconfig(kubeconfig, context), longestAnswer);
    this.#patience = patience;
  }

  /**
   * Each request may be made twice: what it asks for is a state.
   *
   * @returns the answer when its status is one of `accepted`.
   * @throws Unreachable; ActionableError `cluster-refused` with the server's own words.
   */
  async ask(asked: Request, ...accepted: number[]): Promise<Answer> {
    const answer = await pRetry(() => this.#attempt(asked), {
      retries: Infinity,
      maxRetryTime: this.#patience,
      minTimeout: 250,
      factor: 1.5,
      maxTimeout: 2 * seconds,
      shouldRetry: ({ error }) => error instanceof Unreachable,
    });
    if (accepted.includes(answer.status)) return answer;
    throw new ActionableError("cluster-refused", this.#words(asked, answer));
  }

  async #attempt(asked: Request): Promise<Answer> {
    const { status: code, text } = await this.#connection.send(asked).catch((error: unknown) => {
      const words = `the API server ${this.#connection.url} does not answer: ${messageOf(error)}`;
      throw passesByItself(error)
        ? new Unreachable("cluster-unreachable", words)
        : new ActionableError("cluster-refused", words);
    });
    const answer = { status: code, json: jsonOf(text) };
    if (answer.status >= 500 || answer.status === 429)
      throw new Unreachable("cluster-unreachable", this.#words(asked, answer));
    return answer;
  }

  #words({ method, path }: Request, { status: code, json }: Answer): string {
    return `the API server ${this.#connection.url} answered ${code} to ${method} ${path.split("?")[0]}: ${status.safeParse(json).data?.message ?? "nothing more"}`;
  }
}
