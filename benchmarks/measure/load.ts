import { UserError } from "../../toolchain/errors.ts";

export interface Load {
  readonly perSecond: number;
  /** Of each answer, where they were written down. */
  readonly milliseconds: readonly number[];
}

/**
 * What h2load says of a run.
 * @param log a line per answer: when, its status, and its microseconds, with tabs between them
 * @throws UserError `bench-bad-answers` where any was not a good one, so that nothing but answers is measured
 */
export function readLoad(output: string, log: string): Load {
  const perSecond = Number(/^finished in .*?, ([\d.]+) req\/s/m.exec(output)?.[1]);
  const [good, ...others] = (/^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/m.exec(output) ?? [])
    .slice(1)
    .map(Number);
  if (!Number.isFinite(perSecond) || good === undefined || good === 0 || others.some((count) => count > 0)) {
    throw new UserError("bench-bad-answers", `The load was not answered as it should have been:\n\n${output}`);
  }
  const lines = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t").map(Number));
  return { perSecond, milliseconds: lines.map(([, , microseconds = Number.NaN]) => microseconds / 1000) };
}

/** The value below which `percent` of all are. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
