import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { EventData } from "../../../events/index.ts";
import type { BackupState } from "./figures.ts";

/** What became of a volume's backup. */
export type BackupNews =
  | { readonly type: "backup.done"; readonly data: EventData<"backup.done"> }
  | { readonly type: "backup.failed"; readonly data: EventData<"backup.failed"> };

/** Says it, and ends when it is kept; under one id it may be said again. */
export type SayBackup = (news: BackupNews, id: string) => Promise<void>;

const time = z.iso.datetime();
/** What was told of each volume, by its namespace: its last whole backup, and when the last began that failed. */
const toldSchema = z.record(z.string(), z.object({ done: time, failed: time.optional() }));
type Told = z.output<typeof toldSchema>;

/**
 * Tells of each backup that was whole, or failed, once: what was told is in a file as soon as it is. How a volume is where
 * nothing was ever told of it is no news.
 */
export class BackupTeller {
  readonly #file: string;
  readonly #say: SayBackup;
  /** Of what could not be told yet, by namespace. */
  readonly #ids = new Map<string, Map<string, string>>();
  #told: Told | undefined;

  constructor(file: string, say: SayBackup) {
    this.#file = file;
    this.#say = say;
  }

  /** @throws where it can't be said, or written down: it is told by the next look then */
  async look(namespace: string, state: BackupState): Promise<void> {
    const told = (this.#told ??= await readTold(this.#file)),
      before = told[namespace];
    const now = { done: state.done.toISOString(), failed: failedSince(state)?.toISOString() ?? before?.failed };
    if (before?.done === now.done && before.failed === now.failed) return;
    const ids = this.#ids.get(namespace) ?? new Map<string, string>();
    this.#ids.set(namespace, ids);
    if (before !== undefined)
      for (const news of newsOf(namespace, before, now, state)) {
        const key = JSON.stringify([news.type, now]);
        const id = ids.get(key) ?? randomUUID();
        ids.set(key, id);
        await this.#say(news, id);
      }
    await this.#keep({ ...told, [namespace]: now });
    this.#ids.delete(namespace);
  }

  async #keep(told: Told): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.new`, JSON.stringify(told), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
    this.#told = told;
  }
}

function failedSince({ failed, began }: BackupState): Date | undefined {
  return failed ? began : undefined;
}

function newsOf(volume: string, before: Told[string], now: Told[string], { began, done }: BackupState): BackupNews[] {
  // One that was begun by hand has no time of its beginning here.
  const seconds = began !== undefined && began <= done ? (done.getTime() - began.getTime()) / 1000 : undefined;
  const isOfThis = began !== undefined && began.toISOString() > before.done;
  return [
    ...(now.done === before.done
      ? []
      : [{ type: "backup.done" as const, data: { volume, ...(isOfThis && seconds !== undefined && { seconds }) } }]),
    ...(now.failed === undefined || now.failed === before.failed
      ? []
      : [
          {
            type: "backup.failed" as const,
            data: {
              volume,
              reason: `Its job of ${now.failed} ended without a snapshot; the log of its pods says why.`,
            },
          },
        ]),
  ];
}

/** One that can't be read is begun anew: what was told before it is no news. */
async function readTold(file: string): Promise<Told> {
  try {
    return toldSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    if (error instanceof SyntaxError || error instanceof z.ZodError) return {};
    throw error;
  }
}
