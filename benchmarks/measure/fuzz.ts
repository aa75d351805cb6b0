import { fuzzAnswers, fuzzRequests } from "../../images/portal/testing/fuzz.ts";
import type { Figure } from "../figures.ts";

/** A hundred times what `npm test` tries. */
const RUNS = 20_000;

/** How long the portal stood odd requests and odd answers. @throws with the smallest that it did not stand */
export async function fuzz(): Promise<Figure[]> {
  return [await stood("requests", fuzzRequests), await stood("answers", fuzzAnswers)];
}

async function stood(what: string, attack: (runs: number) => Promise<void>): Promise<Figure> {
  const start = performance.now();
  await attack(RUNS);
  return {
    name: `${RUNS} odd ${what}`,
    unit: "s",
    values: [(performance.now() - start) / 1000],
    includes: "none misled the app, none got another's answer",
  };
}
