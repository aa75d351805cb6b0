import { randomUUID } from "node:crypto";
import { ZodError } from "zod";

/** Says something, and ends when it is kept; under one id it may be said again. */
export type Say<Item> = (item: Item, id: string) => Promise<void>;

export interface OutboxOptions {
  /** Told of what could not be said yet, or is given up. */
  readonly onTrouble: (error: unknown) => void;
  /** As many are held while nobody takes them; older ones go. @default 1000 */
  readonly most?: number;
}

/** What is to be said on a bus that may be away: held meanwhile, and said in order. Whoever puts something in waits for nothing. */
export class Outbox<Item> {
  readonly #say: Say<Item>;
  readonly #most: number;
  readonly #onTrouble: (error: unknown) => void;
  readonly #unsaid: { readonly item: Item; readonly id: string }[] = [];
  #saying: Promise<void> | undefined;

  constructor(say: Say<Item>, { onTrouble, most = 1_000 }: OutboxOptions) {
    this.#say = say;
    this.#most = most;
    this.#onTrouble = onTrouble;
  }

  /** How many are to be said. */
  get waiting(): number {
    return this.#unsaid.length;
  }

  put(...items: readonly Item[]): void {
    // Ids are random: who guesses one could say its event first.
    this.#unsaid.push(...items.map((item) => ({ item, id: randomUUID() })));
    const tooMany = this.#unsaid.length - this.#most;
    if (tooMany <= 0) return;
    this.#unsaid.splice(0, tooMany);
    this.#onTrouble(new Error(`${tooMany} events are given up: the bus has been away for too long`));
  }

  /** Says what there is, as far as the bus takes it. Never throws. */
  flush(): Promise<void> {
    // One that is under way says these as well.
    this.#saying ??= this.#sayAll()
      .catch(this.#onTrouble)
      .finally(() => (this.#saying = undefined));
    return this.#saying;
  }

  async #sayAll(): Promise<void> {
    for (let [first] = this.#unsaid; first !== undefined; [first] = this.#unsaid) {
      await this.#say(first.item, first.id).catch((error: unknown) => {
        // What is not as its type says never will be, and would keep all after it from being said.
        if (!(error instanceof ZodError)) throw error;
        this.#onTrouble(error);
      });
      // It may have been given up meanwhile.
      if (this.#unsaid[0] === first) this.#unsaid.shift();
    }
  }
}
