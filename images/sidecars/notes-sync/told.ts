import { rm, writeFile } from "node:fs/promises";
import type { Outcome } from "./copy.ts";

/** A server that restarts is nobody's worry. */
const WORRY_MS = 60_000;

/**
 * What a person should know of their folders, in a file beside them: there only while there is something to say.
 * @param now milliseconds
 */
export class Told {
  readonly #file: string;
  readonly #now: () => number;
  readonly #last = new Map<string, { readonly outcome: Outcome; readonly since: number }>();
  #written: string | undefined;

  constructor(file: string, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  async tell(folder: string, outcome: Outcome): Promise<void> {
    const before = this.#last.get(folder);
    const since = before !== undefined && before.outcome.kind === outcome.kind ? before.since : this.#now();
    this.#last.set(folder, { outcome, since });
    const lines = [...this.#last].flatMap(([name, each]) => this.#linesOf(name, each));
    const text = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
    if (text === this.#written) return;
    await (text === "" ? rm(this.#file, { force: true }) : writeFile(this.#file, text));
    this.#written = text;
  }

  #linesOf(folder: string, { outcome, since }: { readonly outcome: Outcome; readonly since: number }): string[] {
    if (outcome.kind === "synced") return outcome.left.map((what) => `${folder}: not for others: ${what}`);
    if (outcome.kind !== "waiting" && this.#now() - since < WORRY_MS) return [];
    const [what, at] = [outcome.why, new Date(since).toISOString().slice(0, 16).replace("T", " ")];
    return [`${folder}: since ${at} UTC nothing comes from others and nothing goes to them: ${what}`];
  }
}
