import { createParser } from "eventsource-parser";
import { z } from "zod";

/** Tokens that a question and its answer took. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  /** Whether the server said so. What ends early, and what a server keeps to itself, is estimated, so that limits hold for it too. */
  readonly reported: boolean;
}

/** What a question may have taken at most, where nobody says. */
export interface Asked {
  readonly bytes: number;
  readonly contextWindow: number;
}

/** Sees an answer pass by. */
export interface Observer {
  /** @returns what of it is passed on */
  see(part: Buffer): Buffer | string;
  /** What is known by now. */
  usage(): Usage;
}

const count = z.int().nonnegative();
/** Of /v1/responses, and of /v1/chat/completions. */
const responses = z.object({ input_tokens: count, output_tokens: count });
const chat = z.object({ prompt_tokens: count, completion_tokens: count });

/** Bytes of JSON that make a token, about: https://help.openai.com/en/articles/4936856 */
const BYTES_A_TOKEN = 4;
/** An answer in one piece that is longer, or an event, is passed on without being looked into. */
const MOST_LOOKED_AT = 16 * 1024 * 1024;

/** Of an answer in one piece. */
export function observeWhole(question: Asked): Observer {
  const parts: Buffer[] = [];
  let length = 0;
  return {
    see: (part) => {
      length += part.length;
      if (length <= MOST_LOOKED_AT) parts.push(part);
      else parts.length = 0;
      return part;
    },
    usage: () => usageOf(parsed(Buffer.concat(parts).toString("utf8"))) ?? estimated(question, length / BYTES_A_TOKEN),
  };
}

/**
 * Of an answer that comes as events. They are passed on as they are, byte for byte, unless the one that tells of tokens is to be
 * kept back: then they are read and written again.
 */
export function observeEvents(question: Asked, usageUnasked: boolean): Observer {
  let reported: Usage | undefined;
  let words = 0;
  let kept: string[] = [];
  let unread = 0;
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      unread = 0;
      const content = parsed(data);
      const found = usageOf(content);
      if (found !== undefined) reported = found;
      if (isWord(content)) words += 1;
      if (usageUnasked && !(found !== undefined && isUsageAlone(content))) kept.push(written({ event, id, data }));
    },
  });
  const text = new TextDecoder();
  return {
    see: (part) => {
      unread += part.length;
      if (unread > MOST_LOOKED_AT) {
        parser.reset();
        unread = 0;
      }
      parser.feed(text.decode(part, { stream: true }));
      if (!usageUnasked) return part;
      const passed = kept.join("");
      kept = [];
      return passed;
    },
    usage: () => reported ?? estimated(question, words),
  };
}

function written({ event, id, data }: { event?: string; id?: string; data: string }): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${lines.join("\n")}\n\n`;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The "[DONE]" at the end of a chat, or nothing that a count could be in.
    return undefined;
  }
}

/** In an answer, in the last event of a chat, and in the events by which a response ends, which have the response in them. */
function usageOf(content: Record<string, unknown> | undefined): Usage | undefined {
  const within = content?.["response"];
  const given =
    content?.["usage"] ?? (typeof within === "object" && within !== null && "usage" in within && within.usage);
  const newer = responses.safeParse(given).data;
  if (newer !== undefined) return { input: newer.input_tokens, output: newer.output_tokens, reported: true };
  const older = chat.safeParse(given).data;
  return older && { input: older.prompt_tokens, output: older.completion_tokens, reported: true };
}

/** Whether an event brings a bit of the answer: about a token each. */
function isWord(content: Record<string, unknown> | undefined): boolean {
  const { type, choices } = content ?? {};
  return typeof type === "string" ? type.endsWith(".delta") : Array.isArray(choices) && choices.length > 0;
}

function isUsageAlone(content: Record<string, unknown> | undefined): boolean {
  const choices = content?.["choices"];
  return !Array.isArray(choices) || choices.length === 0;
}

/** A picture is many bytes and few tokens; no question has more of them than the model has room for. */
function estimated({ bytes, contextWindow }: Asked, output: number): Usage {
  const input = Math.min(Math.ceil(bytes / BYTES_A_TOKEN), contextWindow);
  return { input, output: Math.ceil(output), reported: false };
}
