import type { Session } from "./sessions.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Something long that runs in a session's name, and how to end it. */
export interface Lease {
  /** Undefined for what needs none: a public app. */
  readonly session?: Session;
  /** The workspace it reaches into, if any. */
  readonly workspace?: string;
  /** True for what will end by itself soon, so that a stop of the portal waits for it. */
  readonly brief?: boolean;
  readonly end: () => void;
}

/** Open streams and tunnels. Each ends with the session that opened it: by expiry, by sign-out, by a change of who may open it. */
export class Leases {
  readonly #leases = new Set<Lease>();
  readonly #now: () => number;

  /** @param now seconds since the epoch, with fractions */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** @returns what to call once it has ended by itself */
  hold(lease: Lease): () => void {
    const timer = lease.session && this.#endWith(lease.session, lease);
    this.#leases.add(lease);
    return () => {
      if (timer) clearTimeout(timer);
      this.#leases.delete(lease);
    };
  }

  endWhere(matches: (lease: Lease) => boolean): void {
    for (const lease of this.#leases) if (matches(lease)) this.#end(lease);
  }

  #endWith(session: Session, lease: Lease): NodeJS.Timeout {
    const milliseconds = Math.max(0, (session.exp - this.#now()) * 1000);
    return setTimeout(() => this.#end(lease), Math.min(milliseconds, LONGEST_TIMER_MS)).unref();
  }

  #end(lease: Lease): void {
    this.#leases.delete(lease);
    lease.end();
  }
}
