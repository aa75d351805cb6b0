import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { afterAbsence, afterPost, afterTime, currentSchema, unsaidSchema } from "./current.ts";
import type { Change, Current, Unsaid } from "./current.ts";
import type { Alert, Posted } from "./posted.ts";

/** Milliseconds that vmalert has to say its alerts again after this program was away. */
const PATIENCE_MS = 5 * 60_000;

/** Says an event, and ends when it is kept; under one id it may be said again. */
export type Say = (event: Unsaid) => Promise<void>;

const ledgerSchema = z.object({ current: currentSchema, unsaid: z.array(unsaidSchema) });
type Ledger = z.output<typeof ledgerSchema>;

/**
 * Which alerts there are, and what of them has still to be said. Both are in a file before anything is said, so that each
 * begins once and ends once whenever this program is ended; a ledger that can't be read is begun anew, as alerts are said again.
 */
export class AlertLedger {
  readonly #file: string;
  readonly #say: Say;
  readonly #onTrouble: (error: unknown) => void;
  #ledger: Ledger = { current: {}, unsaid: [] };
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isSpeaking = false;

  private constructor(file: string, say: Say, onTrouble: (error: unknown) => void) {
    this.#file = file;
    this.#say = say;
    this.#onTrouble = onTrouble;
  }

  /** @param onTrouble told of what could not be said yet, and of a ledger that can't be read */
  static async open(file: string, say: Say, onTrouble: (error: unknown) => void, now: number): Promise<AlertLedger> {
    const ledger = new AlertLedger(file, say, onTrouble);
    await mkdir(dirname(file), { recursive: true });
    const kept = await readLedger(file).catch((error: unknown) => {
      onTrouble(error);
      return undefined;
    });
    if (kept !== undefined) ledger.#ledger = { ...kept, current: afterAbsence(kept.current, now, PATIENCE_MS) };
    return ledger;
  }

  get alerts(): Alert[] {
    return Object.values(this.#ledger.current).map(({ alert }) => alert);
  }

  /** How many events are to be said. */
  get waiting(): number {
    return this.#ledger.unsaid.length;
  }

  /** @throws where the ledger can't be written: nothing has changed then, and it is posted again */
  async take(posted: readonly Posted[], now: number): Promise<void> {
    await this.#change((current) => afterPost(current, posted, now));
    this.#speak();
  }

  /** Ends what nobody says any more, and says what could not be said before. */
  async tick(now: number): Promise<void> {
    await this.#change((current) => afterTime(current, now));
    this.#speak();
  }

  #change(by: (current: Current) => { current: Current; changes: Change[] }): Promise<void> {
    return this.#inTurn(({ current: before, unsaid }) => {
      const { current, changes } = by(before);
      // Ids are random: who guesses one could say its event first.
      return { current, unsaid: [...unsaid, ...changes.map((change) => ({ ...change, id: randomUUID() }))] };
    });
  }

  /** Says one after the other; nobody waits for it, as the bus may be away. */
  #speak(): void {
    if (this.#isSpeaking) return;
    this.#isSpeaking = true;
    void this.#sayAll()
      .catch(this.#onTrouble)
      .finally(() => (this.#isSpeaking = false));
  }

  async #sayAll(): Promise<void> {
    for (let [event] = this.#ledger.unsaid; event !== undefined; [event] = this.#ledger.unsaid) {
      await this.#say(event);
      await this.#inTurn(({ current, unsaid }) => ({ current, unsaid: unsaid.slice(1) }));
    }
  }

  #inTurn(next: (ledger: Ledger) => Ledger): Promise<void> {
    const run = this.#turn.then(() => this.#keep(next(this.#ledger)));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #keep(ledger: Ledger): Promise<void> {
    if (JSON.stringify(ledger) !== JSON.stringify(this.#ledger)) {
      await writeFile(`${this.#file}.new`, JSON.stringify(ledger), { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    }
    this.#ledger = ledger;
  }
}

async function readLedger(file: string): Promise<Ledger | undefined> {
  try {
    return ledgerSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
