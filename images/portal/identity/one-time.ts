/**
 * Remembers what was used, as long as it could be used again.
 * In memory on purpose: the portal has one replica, and what was issued before its start is refused anyway.
 */
export class OneTimeRegister {
  readonly #used = new Map<string, number>();
  readonly #now: () => number;

  /** @param now seconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param expiresAt seconds since the epoch after which the caller refuses the item without asking here
   * @returns false where it was used before
   */
  use(id: string, expiresAt: number): boolean {
    this.#forgetExpired();
    if (this.#used.has(id)) return false;
    this.#used.set(id, expiresAt);
    return true;
  }

  has(id: string): boolean {
    return this.#used.has(id);
  }

  #forgetExpired(): void {
    const now = this.#now();
    for (const [id, expiresAt] of this.#used) if (expiresAt < now) this.#used.delete(id);
  }
}
