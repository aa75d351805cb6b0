import { LONGEST_SECONDS } from "./lifetimes.ts";

/**
 * Where sign-outs are written down, so that they outlive the portal's process. Times are seconds since the epoch: with
 * a session's id, when it would have ended anyway; with `person.<handle>`, when all sessions of that person were ended.
 */
export interface SignOutStore {
  read(): Promise<ReadonlyMap<string, number>>;
  /** Adds entries, and drops those with undefined. @throws {PortalError} where that could not be written */
  change(changes: ReadonlyMap<string, number | undefined>): Promise<void>;
  /** Calls back with all that is written there whenever somebody else wrote, too. */
  onChange(listener: (entries: ReadonlyMap<string, number>) => void): void;
}

/** What tells one session from another, and since when it is. */
export interface SessionIdentity {
  readonly sid: string;
  readonly sub: string;
  readonly auth_time: number;
}

const PERSON = "person.";

/** Which sessions were signed out, before and after the portal's start. */
export class SignOuts {
  readonly #store: SignOutStore;
  readonly #now: () => number;
  readonly #known: Map<string, number>;
  readonly #unwritten = new Set<string>();
  readonly #listeners: (() => void)[] = [];

  /** @param now seconds since the epoch */
  static async load(store: SignOutStore, now: () => number): Promise<SignOuts> {
    const signOuts = new SignOuts(store, now, await store.read());
    store.onChange((entries) => signOuts.#learn(entries));
    return signOuts;
  }

  private constructor(store: SignOutStore, now: () => number, known: ReadonlyMap<string, number>) {
    this.#store = store;
    this.#now = now;
    this.#known = new Map(known);
  }

  has({ sid, sub, auth_time }: SessionIdentity): boolean {
    return this.#known.has(sid) || this.endedSince(sub, auth_time);
  }

  /** Whether all sessions of a person were ended at that time or later. */
  endedSince(handle: string, time: number): boolean {
    return time <= (this.#known.get(PERSON + handle) ?? -Infinity);
  }

  /** Calls back whenever sessions ended, by whomever. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Ends a session. Counts at once; resolves once it is written down. */
  add({ sid, auth_time }: SessionIdentity): Promise<void> {
    return this.#add(sid, auth_time + LONGEST_SECONDS);
  }

  /** Ends all sessions that a person has, in the same way. */
  addPerson(handle: string): Promise<void> {
    return this.#add(PERSON + handle, this.#now());
  }

  /** What could not be written is written with the next one. */
  async #add(key: string, time: number): Promise<void> {
    this.#known.set(key, time);
    this.#unwritten.add(key);
    this.#tell();
    const changes = new Map<string, number | undefined>(
      [...this.#unwritten].map((each) => [each, this.#known.get(each)]),
    );
    for (const [each, at] of this.#known) if (this.#isOver(each, at)) changes.set(each, undefined);
    await this.#store.change(changes);
    for (const [each, at] of changes) {
      this.#unwritten.delete(each);
      if (at === undefined) this.#known.delete(each);
    }
  }

  #learn(entries: ReadonlyMap<string, number>): void {
    const news = [...entries].filter(([key, time]) => time > (this.#known.get(key) ?? -Infinity));
    for (const [key, time] of news) this.#known.set(key, time);
    if (news.length > 0) this.#tell();
  }

  /** Whether it ends nothing any more that would not have ended by itself. */
  #isOver(key: string, time: number): boolean {
    return (key.startsWith(PERSON) ? time + LONGEST_SECONDS : time) < this.#now();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** For a portal that nobody signs out of for long. */
export class MemorySignOuts implements SignOutStore {
  readonly kept = new Map<string, number>();
  readonly #listeners: ((entries: ReadonlyMap<string, number>) => void)[] = [];

  async read(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.kept);
  }

  async change(changes: ReadonlyMap<string, number | undefined>): Promise<void> {
    for (const [sid, until] of changes) {
      if (until === undefined) this.kept.delete(sid);
      else this.kept.set(sid, until);
    }
    for (const listener of this.#listeners) listener(this.kept);
  }

  onChange(listener: (entries: ReadonlyMap<string, number>) => void): void {
    this.#listeners.push(listener);
  }
}
