import { Copy, type CopyOptions, type Outcome } from "./copy.ts";
import { FolderWatch } from "./folder-watch.ts";
import { waitForNews } from "./news.ts";

export interface SyncOptions extends CopyOptions {
  /** Told what became of each round. */
  readonly onRound?: (outcome: Outcome) => void;
  /** After a change, until it is taken. @default 1000 */
  readonly quietMs?: number;
  /** However long changes go on. @default 5000 */
  readonly longestMs?: number;
  /** How often it is looked at without a change. @default 30000 */
  readonly lookMs?: number;
}

/** Keeps a folder of notes and a vault the same, until told to end. */
export class Sync {
  readonly #options: SyncOptions;
  readonly #copy: Copy;
  readonly #watch: FolderWatch;
  readonly #ending = new AbortController();
  #wake: () => void = () => undefined;
  #changedAt: number | undefined;
  #lastChangeAt = 0;
  #ask = true;
  #rounds: (() => void)[] = [];

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#copy = new Copy(options);
    this.#watch = new FolderWatch(options.folder, () => this.#changed());
  }

  async run(): Promise<void> {
    const { remote, access } = this.#options;
    const news = waitForNews({
      remote,
      credentials: access?.credentials,
      authority: access?.authority,
      seen: () => this.#copy.seen(),
      onNews: () => this.#askNow(),
      signal: this.#ending.signal,
    });
    let failures = 0;
    while (!this.#ending.signal.aborted) {
      const [ask, told] = [this.#ask, this.#rounds];
      [this.#ask, this.#rounds, this.#changedAt] = [false, [], undefined];
      // First, as what is written into a new folder from here on would be missed; and after, as the folder may be another now.
      await this.#watch.look();
      const outcome = await this.#copy.round(ask);
      await this.#watch.look();
      this.#options.onRound?.(outcome);
      for (const tell of told) tell();
      failures = outcome.kind === "synced" ? 0 : failures + 1;
      await this.#rest(failures);
    }
    for (const tell of this.#rounds) tell();
    await news;
  }

  /** The round under way is finished first. */
  end(): void {
    this.#ending.abort();
    this.#watch.close();
    this.#wake();
  }

  /** Until there is something to do: changes that are over, news, or a while without any. */
  async #rest(failures: number): Promise<void> {
    const { lookMs = 30_000, quietMs = 1_000, longestMs = 5_000 } = this.#options;
    const lookAt = Date.now() + Math.min(lookMs, failures === 0 ? lookMs : 1_000 * 2 ** Math.min(failures, 6));
    while (!this.#ending.signal.aborted && !this.#ask) {
      const due =
        this.#changedAt === undefined
          ? lookAt
          : Math.min(lookAt, this.#lastChangeAt + quietMs, this.#changedAt + longestMs);
      const left = due - Date.now();
      if (left <= 0) {
        // A while without news: the server is asked.
        if (due === lookAt) this.#ask = true;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #changed(): void {
    this.#lastChangeAt = Date.now();
    if (this.#changedAt !== undefined) return;
    this.#changedAt = this.#lastChangeAt;
    this.#wake();
  }

  /** @returns once it was asked */
  #askNow(): Promise<void> {
    if (this.#ending.signal.aborted) return Promise.resolve();
    const asked = new Promise<void>((resolve) => void this.#rounds.push(resolve));
    this.#ask = true;
    this.#wake();
    return asked;
  }
}
