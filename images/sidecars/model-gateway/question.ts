import { z } from "zod";
import type { Served } from "./catalogue.ts";
import { GatewayError } from "./errors.ts";
import { ungrouped, type Ungrouped } from "./namespaces.ts";

/** What questions are asked at, in OpenAI's words. */
export const QUESTION_PATHS = ["/v1/responses", "/v1/chat/completions"] as const;
export type QuestionPath = (typeof QUESTION_PATHS)[number];

/** As much of a question as is looked at; all the rest is the model's. */
const shape = z.looseObject({
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  input: z.unknown().optional(),
  messages: z.unknown().optional(),
});

export interface Question {
  readonly path: QuestionPath;
  readonly content: z.output<typeof shape>;
}

/** @throws GatewayError that says what is wrong with it */
export function readQuestion(path: QuestionPath, bytes: Buffer): Question {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new GatewayError(400, "invalid_json", "The question is no JSON.", { cause });
  }
  const { data, error } = shape.safeParse(json);
  if (data !== undefined) return { path, content: withoutDoubles(data) };
  const [issue] = error.issues;
  const param = issue?.path.join(".") || undefined;
  const words =
    param === undefined ? "The question is no JSON object." : `The question's "${param}": ${issue?.message}.`;
  throw new GatewayError(400, "invalid_question", words, { param });
}

/**
 * Programs in Go, as Ollama is, take "Model" for "model" where both are there: what was allowed would not be what is asked.
 * @throws GatewayError where a member is there twice but for its spelling
 */
function withoutDoubles(content: Question["content"]): Question["content"] {
  const seen = new Map<string, string>();
  for (const name of Object.keys(content)) {
    const plain = name.toUpperCase().toLowerCase();
    const other = seen.get(plain);
    if (other !== undefined)
      throw new GatewayError(400, "invalid_question", `The question has both "${other}" and "${name}".`, {
        param: name,
      });
    seen.set(plain, name);
  }
  return content;
}

/** A question as a server is sent it. */
export interface Sent {
  readonly bytes: Buffer;
  /** Whether the event that tells how many tokens it took is one that nobody asked for. */
  readonly usageUnasked: boolean;
  /** What of the answer is to be said otherwise to who asked; undefined where nothing is. */
  readonly restore: Ungrouped["restore"];
}

/**
 * As it was read, and not as it came: of a member that is there twice a server might read the other. Changed is what is needed
 * to count its tokens, and what the server would refuse or leave out: functions, of a model that calls none, and the words of a
 * "developer", which are a "system"'s in the older API, and groups of functions. A model's own temperature is said, where the question has none.
 */
export function sentTo({ server, model }: Served, { path, content }: Question): Sent {
  const sent: Record<string, unknown> = { ...content };
  const usageUnasked =
    path === "/v1/chat/completions" && content.stream === true && content.stream_options?.include_usage !== true;
  if (usageUnasked) sent["stream_options"] = { ...content.stream_options, include_usage: true };
  const said = path === "/v1/responses" ? "input" : "messages";
  if (server.dialect === "plain" && speaksAsDeveloper(content[said])) sent[said] = content[said].map(asSystem);
  sent["temperature"] ??= model.temperature;
  if (!model.tools) for (const name of FUNCTIONS) delete sent[name];
  const { content: flat, restore } =
    server.dialect === "plain" && path === "/v1/responses" ? ungrouped(sent) : { content: sent, restore: undefined };
  return { bytes: Buffer.from(JSON.stringify(flat)), usageUnasked, restore };
}

const FUNCTIONS = ["tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"];

function speaksAsDeveloper(messages: unknown): messages is unknown[] {
  return Array.isArray(messages) && messages.some(isDevelopers);
}

function isDevelopers(message: unknown): message is { role: "developer" } {
  return typeof message === "object" && message !== null && "role" in message && message.role === "developer";
}

function asSystem(message: unknown): unknown {
  return isDevelopers(message) ? { ...message, role: "system" } : message;
}
