import type { Deviation } from "./deviation.ts";

/** A line for each, indented. */
export function lines(deviations: readonly Deviation[]): string {
  return deviations.map(({ what, how }) => `  ${what}: ${how}`).join("\n");
}
