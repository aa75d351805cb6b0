import type { Session, Sessions } from "./sessions.ts";

/** Between two looks whether a session that something runs in has ended, and whether that was used meanwhile. */
const LOOK_SECONDS = 15 * 60;

/** Something long that runs in a session's name, and how to end it. */
export interface Lease {
  /** Undefined for what needs none: a public app. */
  readonly session?: Session;
  /** The workspace it reaches into, if any. */
  readonly workspace?: string;
  /** Host name under which it is published, where it is opened by that. */
  readonly published?: string;
  /** True for what will end by itself soon, so that a stop of the portal waits for it. */
  readonly brief?: boolean;
  /** A number that grows as the person uses it: bytes that came from their browser. @default it tells nothing of the person */
  readonly traffic?: () => number;
  readonly end: () => void;
}

/** Open streams and tunnels. Each ends with the session that opened it, however long that is renewed; and by a change of who may open it. */
export class Leases {
  readonly #leases = new Set<Lease>();
  readonly #timers = new Map<Lease, NodeJS.Timeout>();
  readonly #now: () => number;
  readonly #sessions: Sessions;

  /** @param now seconds since the epoch, with fractions */
  constructor(now: () => number, sessions: Sessions) {
    this.#now = now;
    this.#sessions = sessions;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** @returns what to call once it has ended by itself */
  hold(lease: Lease): () => void {
    this.#leases.add(lease);
    if (lease.session) this.#lookLater(lease.session, lease);
    return () => this.#forget(lease);
  }

  endWhere(matches: (lease: Lease) => boolean): void {
    for (const lease of this.#leases) if (matches(lease)) this.#end(lease);
  }

  #lookLater(session: Session, lease: Lease): void {
    const left = Math.max(0, this.#sessions.endOf(session) - this.#now()),
      before = lease.traffic?.() ?? 0;
    const look = (): void => {
      if ((lease.traffic?.() ?? 0) > before) this.#sessions.use(session);
      if (this.#sessions.endOf(session) <= this.#now()) this.#end(lease);
      else this.#lookLater(session, lease);
    };
    this.#timers.set(lease, setTimeout(look, Math.min(left, LOOK_SECONDS) * 1000).unref());
  }

  #end(lease: Lease): void {
    this.#forget(lease);
    lease.end();
  }

  #forget(lease: Lease): void {
    clearTimeout(this.#timers.get(lease));
    this.#timers.delete(lease);
    this.#leases.delete(lease);
  }
}
