import { setTimeout as later } from "node:timers/promises";
import type { Finding } from "./findings.ts";

const LOOK_EVERY_MS = 2_000;

export interface Waiting {
  /** Milliseconds from the first look on, after which there is a last one. */
  readonly patience: number;
  /** Told what is waited for. */
  readonly report: (activity: string) => void;
  /** @default setTimeout's */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
  /** @default Date.now */
  readonly clock?: () => number;
}

/** Looks again and again until all is well. @returns what the last look found */
export async function untilWell(
  look: () => Promise<readonly Finding[]>,
  { patience, report, pause = later, clock = Date.now }: Waiting,
): Promise<readonly Finding[]> {
  const end = clock() + patience;
  for (;;) {
    const isLast = clock() >= end,
      findings = await look(),
      ill = findings.filter(({ healthy }) => !healthy);
    if (ill.length === 0 || isLast) return findings;
    report(`waiting for ${ill.map(({ what }) => what).join(", ")}`);
    await pause(LOOK_EVERY_MS);
  }
}
