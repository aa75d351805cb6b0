import { z } from "zod";
import type { Waiting } from "../cluster/ready-pod.ts";
import { ActionableError } from "../errors.ts";
import type { Progress } from "../node/toolchain.ts";
import { connected, nameOf, type Answer, type Call, type Server } from "./connection.ts";

/** Fields that are not named here are let be: a newer server has more. */
const listed = z.object({ name: z.string(), digest: z.string(), size: z.number() });
const list = z.object({ models: z.array(listed).nullish() });
const shown = z.object({ capabilities: z.array(z.string()).default([]) });
const step = z.object({
  status: z.string().optional(),
  total: z.number().optional(),
  completed: z.number().optional(),
});

/** A model as its server lists it. `digest` is of its manifest: of all that it is made of. `size` in bytes. */
export type ListedModel = z.infer<typeof listed>;

/** What a model is made of beside its weights. Each is what a Modelfile says by the same word. */
export interface Made {
  readonly template?: string;
  readonly system?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const MEGABYTE = 1_000_000;

/**
 * What this provider needs of an Ollama server's API, version 0.13.5:
 * https://github.com/ollama/ollama/blob/v0.13.5/docs/api.md
 * Every method throws as `connected` and its calls.
 */
export class OllamaApi {
  readonly #server: Server;
  readonly #call: (call: Call) => Promise<Answer>;
  readonly #progress: Progress;

  private constructor(server: Server, call: (call: Call) => Promise<Answer>, progress: Progress) {
    this.#server = server;
    this.#call = call;
    this.#progress = progress;
  }

  static async of(server: Server, waiting: Waiting, progress: Progress): Promise<OllamaApi> {
    return new OllamaApi(server, await connected(server, waiting, progress), progress);
  }

  /** Undefined where the server has none of that name. */
  async find(name: string): Promise<ListedModel | undefined> {
    const { json } = await this.#call({ method: "GET", path: "/api/tags" });
    const { data } = list.safeParse(json);
    if (data === undefined)
      throw new ActionableError(
        "ollama-unintelligible",
        `${nameOf(this.#server)} gave no list of models: something else listens there`,
      );
    return data.models?.find((model) => model.name === withTag(name));
  }

  /** What it can do beside completing a text, for instance "tools". */
  async capabilities(name: string): Promise<string[]> {
    return shown.parse((await this.#call({ method: "POST", path: "/api/show", body: { model: name } })).json)
      .capabilities;
  }

  /** Has the server fetch a model from Ollama's library. What it has of it already it does not fetch again. */
  async pull(name: string): Promise<void> {
    await this.#call({ method: "POST", path: "/api/pull", body: { model: name }, onLine: (line) => this.#tell(line) });
  }

  /** @param digest `sha256:…` */
  async hasBlob(digest: string): Promise<boolean> {
    return (await this.#call({ method: "HEAD", path: `/api/blobs/${digest}` })).status !== 404;
  }

  /** The server holds it against its digest, and keeps nothing of another. */
  async putBlob(digest: string, path: string, size: number): Promise<void> {
    const onSent = (bytes: number): void =>
      this.#progress(`handing it over: ${Math.floor(bytes / MEGABYTE)} of ${Math.ceil(size / MEGABYTE)} MB`);
    await this.#call({ method: "POST", path: `/api/blobs/${digest}`, file: { path, size, onSent } });
  }

  /** Makes a model, in the place of one of the same name where there is one. @param weights a blob that the server has, or another model */
  async create(name: string, weights: { blob: string } | { from: string }, made: Made): Promise<void> {
    const source = "blob" in weights ? { files: { "model.gguf": weights.blob } } : weights;
    await this.#call({
      method: "POST",
      path: "/api/create",
      body: { model: name, ...source, ...made },
      onLine: (line) => this.#tell(line),
    });
  }

  /** Nothing where there is none. */
  async delete(name: string): Promise<void> {
    await this.#call({ method: "DELETE", path: "/api/delete", body: { model: name } });
  }

  #tell(line: unknown): void {
    const { status, total, completed = 0 } = step.safeParse(line).data ?? {};
    if (status === undefined) return;
    const share =
      total === undefined ? "" : `: ${Math.floor(completed / MEGABYTE)} of ${Math.ceil(total / MEGABYTE)} MB`;
    this.#progress(`${status}${share}`);
  }
}

/** A name without a tag is one of the tag "latest". */
export function withTag(name: string): string {
  return name.split("/").at(-1)?.includes(":") === true ? name : `${name}:latest`;
}
