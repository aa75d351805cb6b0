import pRetry from "p-retry";
import { changes } from "./subscription.ts";
import type { Teller } from "./teller.ts";

export interface BridgeOptions {
  /** Of the seed's node. */
  readonly socket: string;
  readonly teller: Pick<Teller, "lookAt" | "lookAtAll">;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds between looking at all without being told to, since a message can be lost. @default 30,000 */
  readonly tick?: number;
}

/** Of retries, which go on for as long as there is a bridge. */
const PATIENTLY = { retries: Infinity, factor: 2, minTimeout: 200, maxTimeout: 10_000 } as const;
/**
 * Milliseconds until what could not be told whole is looked at again, twice as many each time, and until a node that was
 * connected to has surely begun to tell.
 */
const SOON = 1_000;

export interface Bridge {
  /** Whether the node is heard, and all that was there has been told. */
  readonly state: { isHeard: boolean; isTold: boolean };
  /** Ends when the signal says so. */
  readonly ended: Promise<void>;
}

/** Hears from the node that something changed, and tells what, one repository after the other. */
export function bridge({ socket, teller, signal, onTrouble, tick = 30_000 }: BridgeOptions): Bridge {
  const state = { isHeard: false, isTold: false };
  const wanted = new Wanted();
  const later = new Map<string, { readonly timer: NodeJS.Timeout; readonly pause: number }>();
  const again = (rid: string): void => {
    const before = later.get(rid);
    clearTimeout(before?.timer);
    const pause = before === undefined ? SOON : Math.min(2 * before.pause, tick);
    later.set(rid, { timer: setTimeout(() => wanted.add(rid), pause).unref(), pause });
  };
  const hear = async (): Promise<void> => {
    const since = Date.now();
    try {
      for await (const rid of changes(socket, signal)) {
        if (rid === undefined) setTimeout(() => wanted.add(undefined), SOON).unref();
        state.isHeard = true;
        wanted.add(rid);
      }
    } finally {
      state.isHeard = false;
    }
    // One that ends at once again and again is not to be asked without a pause.
    if (!signal.aborted && Date.now() - since < SOON) throw new Error("the seed's node ended at once");
  };
  const listening = (async () => {
    while (!signal.aborted)
      await pRetry(hear, { ...PATIENTLY, signal, onFailedAttempt: ({ error }) => onTrouble(error) });
  })().catch((error: unknown) => whenNotAborted(error, signal));
  const telling = (async () => {
    while (!signal.aborted) {
      const rids = await wanted.take();
      if (signal.aborted) return;
      state.isTold = false;
      // The bus may be away, or the storage: what is left is told when it is there again.
      const left = await pRetry(
        async () => {
          if (rids === "all") return teller.lookAtAll();
          const some = new Set<string>();
          for (const rid of rids) if (await teller.lookAt(rid)) some.add(rid);
          return some;
        },
        { ...PATIENTLY, signal, onFailedAttempt: ({ error }) => onTrouble(error) },
      );
      state.isTold = left.size === 0;
      for (const rid of rids === "all" ? [...later.keys()] : rids) if (!left.has(rid)) later.delete(rid);
      for (const rid of left) again(rid);
    }
  })().catch((error: unknown) => whenNotAborted(error, signal));
  wanted.add(undefined);
  const ticking = setInterval(() => wanted.add(undefined), tick);
  const stop = (): void => {
    clearInterval(ticking);
    wanted.add(undefined);
  };
  signal.addEventListener("abort", stop, { once: true });
  return { state, ended: Promise.all([listening, telling]).then(() => undefined) };
}

function whenNotAborted(error: unknown, signal: AbortSignal): void {
  if (!signal.aborted) throw error;
}

/** Repositories to look at: one that changes many times meanwhile is looked at once. */
class Wanted {
  #rids = new Set<string>();
  #all = false;
  #wake = (): void => {};

  /** @param rid undefined wants all */
  add(rid: string | undefined): void {
    if (rid === undefined) this.#all = true;
    else this.#rids.add(rid);
    this.#wake();
  }

  async take(): Promise<"all" | ReadonlySet<string>> {
    while (!this.#all && this.#rids.size === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const taken = this.#all ? "all" : this.#rids;
    this.#rids = new Set();
    this.#all = false;
    return taken;
  }
}
