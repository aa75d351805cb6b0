import type { Figure } from "../figures.ts";
import { PERSON, type Product } from "../product.ts";
import { ASK_EVERY_MS, untilIdeAnswers } from "./ide.ts";
import { repeat } from "./repeat.ts";

/** One workspace more in the config, asked for through the portal from that moment on. Removed again each time. */
export async function newWorkspace(product: Product, runs: number): Promise<Figure[]> {
  const client = await product.signIn();
  const measured = await repeat(runs, async (run) => {
    const name = `new-${run}`;
    const start = performance.now();
    product.configure([{ owner: PERSON }, { owner: PERSON, name, keepData: false }]);
    const [up, ide] = await together(product.verb("up"), (signal) => untilIdeAnswers(client, name, start, signal));
    product.configure();
    await product.verb("up");
    return { up, ide };
  });
  return [
    {
      name: "new workspace: IDE answers",
      unit: "s",
      values: measured.map(({ ide }) => ide),
      includes: `from the line in the config, through the portal, signed in; up runs meanwhile; asked every ${ASK_EVERY_MS} ms`,
    },
    {
      name: "new workspace: up ends",
      unit: "s",
      values: measured.map(({ up }) => up),
      includes: "the same runs: program, policy pack, 16 resources, pod ready, links",
    },
  ];
}

/** Waits for both; when the first fails, the second is stopped. */
async function together<A, B>(first: Promise<A>, second: (signal: AbortSignal) => Promise<B>): Promise<[A, B]> {
  const stop = new AbortController();
  try {
    return await Promise.all([first, second(stop.signal)]);
  } finally {
    stop.abort();
  }
}
