import { z } from "zod";

const limits = z.strictObject({
  /** Of question and answer together, from midnight to midnight, UTC. */
  tokensPerDay: z.int().positive().optional(),
  requestsAtOnce: z.int().positive().optional(),
});

const model = z.strictObject({
  name: z.string().min(1),
  contextWindow: z.int().positive(),
  /** Whether it can be offered functions to call. */
  tools: z.boolean(),
  /** What it is asked with where a question doesn't say. */
  temperature: z.number().min(0).max(2).optional(),
  /** Ids of the workspaces that may ask it; all of them where it is left out. */
  workspaces: z.array(z.string().min(1)).optional(),
});

const server = z.strictObject({
  name: z.string().min(1),
  /** Without `/v1` and without a slash at its end. */
  url: z.url({ protocol: /^https?$/ }),
  /** PEM of the authority to trust there. */
  authority: z.string().optional(),
  /**
   * "openai": questions are passed on as they came. "plain": a server that knows the older words of the API alone, as Ollama
   * does. It leaves out what a "developer" says, without an error.
   */
  dialect: z.enum(["openai", "plain"]),
  /** File of the key to ask it with, in the folder of keys. */
  key: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional(),
  models: z.array(model),
});

const settings = z.strictObject({
  servers: z.array(server),
  limits: limits.extend({ requestsAtOnce: z.int().positive() }),
  /** What differs for some workspaces, by their ids. */
  limitsOf: z.record(z.string(), limits),
});

/** What the gateway is to do: whom it asks, and how much of whom. */
export type Settings = z.output<typeof settings>;
export type Server = Settings["servers"][number];
export type Model = Server["models"][number];

/** @throws Error with one line for each mistake */
export function readSettings(text: string): Settings {
  const { data, error } = settings.safeParse(JSON.parse(text));
  if (error) throw new Error(error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  return data;
}
