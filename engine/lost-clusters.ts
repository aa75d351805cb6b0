import { setTimeout } from "node:timers/promises";

/** Whether a cluster's first process runs; undefined where there is none, and while somebody starts, stops or removes it. */
export type IsAlive = (cluster: string) => Promise<boolean | undefined>;

/** Looks at the clusters that a run works in, while it runs; what it finds is its own to tell. */
export type Meanwhile = (clusters: readonly string[]) => Promise<void>;

export interface Watch {
  /** Those that the run works in, at the time. */
  clusters(): Iterable<string>;
  readonly isAlive: IsAlive;
  /** Is told of each that ended in the middle of the run, once. */
  onLost(cluster: string): void;
  /** What else there is to look at in them meanwhile. */
  readonly meanwhile?: Meanwhile;
  /** Milliseconds between two looks. @default 1000 */
  readonly pause?: number;
}

/** Milliseconds between two looks. */
const SECOND = 1_000;
/** Looks in a row that find a cluster dead before it counts as lost. */
const LOOKS = 5;

/**
 * Waits for a run, and meanwhile for the end of a cluster that it works in: what is waited for there, for ten minutes
 * and more, can't come any more.
 */
export async function whileAlive<T>(
  run: Promise<T>,
  { clusters, isAlive, onLost, meanwhile, pause = SECOND }: Watch,
): Promise<T> {
  const over = run.then(
      () => true,
      () => true,
    ),
    lost = new LostClusters(isAlive);
  while (!(await Promise.race([over, setTimeout(pause, false, { ref: false })]))) {
    const now = [...new Set(clusters())];
    (await lost.look(now)).forEach(onLost);
    await meanwhile?.(now);
  }
  return run;
}

/** What looks have found. */
export class LostClusters {
  readonly #isAlive: IsAlive;
  /** Of those that were seen alive, how many looks in a row found them dead. */
  readonly #looks = new Map<string, number>();

  constructor(isAlive: IsAlive) {
    this.#isAlive = isAlive;
  }

  /** Takes one look. @returns those that have just become lost */
  async look(clusters: Iterable<string>): Promise<string[]> {
    const lost: string[] = [];
    for (const cluster of new Set(clusters)) {
      const isAlive = await this.#isAlive(cluster),
        before = this.#looks.get(cluster);
      if (before === undefined && isAlive !== true) continue; // one that was stopped before is about to be started
      const looks = isAlive === false ? (before ?? 0) + 1 : 0;
      this.#looks.set(cluster, looks);
      if (looks === LOOKS) lost.push(cluster);
    }
    return lost;
  }
}
