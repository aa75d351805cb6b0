import type { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf, passesByItself } from "../http/network-errors.ts";
import { Connection } from "./connection.ts";

const list = z.object({ items: z.array(z.unknown()) });
const version = z.object({ gitVersion: z.string() });

/** An API server, to be asked with the credentials of a kubeconfig. */
export class ApiServer {
  readonly url: string;
  readonly #connection: Connection;

  /** @param patience milliseconds without a word after which it is given up. */
  constructor(config: KubeConfig, patience: number) {
    this.url = config.getCurrentCluster()?.server ?? "";
    this.#connection = new Connection(config, patience);
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
    const { status, text } = await this.#connection.send({ method: "GET", path }).catch((error: unknown) => {
      if (passesByItself(error))
        throw new Unreachable("cluster-unreachable", `${name} does not answer: ${messageOf(error)}`);
      throw new ActionableError("cluster-refused", `${name} cannot be asked: ${messageOf(error)}`);
    });
    if (status === none) return undefined;
    if (status >= 500) throw new Unreachable("cluster-unreachable", `${name} answered ${status} to ${question}`);
    if (status !== 200) throw new ActionableError("cluster-refused", `${name} answered ${status} to ${question}`);
    return text;
  }
}
