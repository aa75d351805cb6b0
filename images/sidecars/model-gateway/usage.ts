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
  /** @returns what was kept back until its end */
  rest(): Buffer | string;
  /** What is known by now. */
  usage(): Usage;
}

const count = z.int().nonnegative();
/** Of /v1/responses, and of /v1/chat/completions. */
const responses = z.object({ input_tokens: count, output_tokens: count });
const chat = z.object({ prompt_tokens: count, completion_tokens: count });

/** Bytes of JSON that make a token, about: https://help.openai.com/en/articles/4936856 */
const BYTES_A_TOKEN = 4;
const NOTHING = Buffer.alloc(0);
/** An answer in one piece that is longer, or an event, is passed on without being looked into. */
const MOST_LOOKED_AT = 16 * 1024 * 1024;

/** What of an answer, or of an event of one, is said otherwise; undefined where nothing is. */
export type Restore = ((content: Record<string, unknown>) => Record<string, unknown> | undefined) | undefined;

/** Of an answer in one piece, which is kept back where something of it may be said otherwise. */
export function observeWhole(question: Asked, restore?: Restore): Observer {
  const parts: Buffer[] = [];
  let length = 0;
  return {
    see: (part) => {
      length += part.length;
      if (length <= MOST_LOOKED_AT) {
        parts.push(part);
        return restore === undefined ? part : NOTHING;
      }
      const before = restore === undefined ? [] : parts.splice(0);
      parts.length = 0;
      return before.length === 0 ? part : Buffer.concat([...before, part]);
    },
    rest: () => {
      if (restore === undefined || length > MOST_LOOKED_AT) return NOTHING;
      const whole = Buffer.concat(parts),
        content = parsed(whole.toString("utf8")),
        other = content && restore(content);
      return other === undefined ? whole : JSON.stringify(other);
    },
    usage: () => usageOf(parsed(Buffer.concat(parts).toString("utf8"))) ?? estimated(question, length / BYTES_A_TOKEN),
  };
}

/**
 * Of an answer that comes as events. They are passed on as they are, byte for byte, unless the one that tells of tokens is to be
 * kept back, or something in one may be said otherwise: then they are read and written again.
 */
export function observeEvents(
  question: Asked,
  { usageUnasked, restore }: { usageUnasked: boolean; restore?: Restore },
): Observer {
  const asTheyAre = !usageUnasked && restore === undefined;
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
      if (asTheyAre || (usageUnasked && found !== undefined && isUsageAlone(content))) return;
      const other = content && restore?.(content);
      kept.push(written({ event, id, data: other === undefined ? data : JSON.stringify(other) }));
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
      if (asTheyAre) return part;
      const passed = kept.join("");
      kept = [];
      return passed;
    },
    rest: () => NOTHING,
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
