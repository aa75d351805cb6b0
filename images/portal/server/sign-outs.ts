/** Where sign-outs are written down, so that they outlive the portal's process. Times are seconds since the epoch. */
export interface SignOutStore {
  /** Sessions that were signed out, each with the time from which it would have ended anyway. */
  read(): Promise<ReadonlyMap<string, number>>;
  /** Adds sessions, and drops those with undefined. @throws {PortalError} where that could not be written */
  change(changes: ReadonlyMap<string, number | undefined>): Promise<void>;
}

/** Which sessions were signed out, before and after the portal's start. */
export class SignOuts {
  readonly #store: SignOutStore;
  readonly #now: () => number;
  readonly #known: Map<string, number>;
  readonly #unwritten = new Set<string>();

  /** @param now seconds since the epoch */
  static async load(store: SignOutStore, now: () => number): Promise<SignOuts> {
    return new SignOuts(store, now, await store.read());
  }

  private constructor(store: SignOutStore, now: () => number, known: ReadonlyMap<string, number>) {
    this.#store = store;
    this.#now = now;
    this.#known = new Map(known);
  }

  has(sid: string): boolean {
    return this.#known.has(sid);
  }

  /**
   * Counts at once; resolves once it is written down. What could not be written is written with the next one.
   * @param until when the session would have ended anyway
   */
  async add(sid: string, until: number): Promise<void> {
    this.#known.set(sid, until);
    this.#unwritten.add(sid);
    const changes = new Map<string, number | undefined>([...this.#unwritten].map((each) => [each, this.#known.get(each)]));
    for (const [each, end] of this.#known) if (end < this.#now()) changes.set(each, undefined);
    await this.#store.change(changes);
    for (const [each, end] of changes) {
      this.#unwritten.delete(each);
      if (end === undefined) this.#known.delete(each);
    }
  }
}

/** For a portal that nobody signs out of for long. */
export class MemorySignOuts implements SignOutStore {
  readonly kept = new Map<string, number>();

  async read(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.kept);
  }

  async change(changes: ReadonlyMap<string, number | undefined>): Promise<void> {
    for (const [sid, until] of changes) {
      if (until === undefined) this.kept.delete(sid);
      else this.kept.set(sid, until);
    }
  }
}
