import { setTimeout as sleep } from "node:timers/promises";
import type { PortalClient } from "../../tests/support/portal-client.ts";
import { UserError } from "../../toolchain/errors.ts";
import type { Figure } from "../figures.ts";
import { PERSON, type Product } from "../product.ts";
import { repeat } from "./repeat.ts";

const ASK_EVERY_MS = 200;
const LIMIT_MS = 5 * 60_000;

/** One workspace more in the config, asked for through the portal from that moment on. Removed again each time. */
export async function newWorkspace(product: Product, runs: number): Promise<Figure[]> {
  const client = await product.signIn();
  const measured = await repeat(runs, async (run) => {
    const name = `new-${run}`;
    const start = performance.now();
    product.configure([{ owner: PERSON }, { owner: PERSON, name, keepData: false }]);
    const [up, ide] = await together(product.verb("up"), (signal) => untilAnswers(client, name, start, signal));
    product.configure();
    await product.verb("up");
    return { up, ide };
  });
  return [
    { name: "new workspace: IDE answers", unit: "s", values: measured.map(({ ide }) => ide), includes: `from the line in the config, through the portal, signed in; up runs meanwhile; asked every ${ASK_EVERY_MS} ms` },
    { name: "new workspace: up ends", unit: "s", values: measured.map(({ up }) => up), includes: "the same runs: program, policy pack, 16 resources, pod ready, links" },
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

/** Seconds from `start` until the IDE's page comes. */
async function untilAnswers(client: PortalClient, workspace: string, start: number, signal: AbortSignal): Promise<number> {
  for (;;) {
    const answer = await client.open(workspace);
    const elapsed = performance.now() - start;
    if (answer.status === 200 && answer.body.includes("vscode-workbench-web-configuration")) return elapsed / 1000;
    if (elapsed > LIMIT_MS) throw new UserError("bench-no-ide", `The IDE of ${workspace} did not answer within ${LIMIT_MS / 60_000} minutes; the last answer was ${answer.status}.`);
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}
