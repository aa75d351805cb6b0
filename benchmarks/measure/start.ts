import type { Figure } from "../figures.ts";
import { PERSON, STACK, type Product } from "../product.ts";
import { untilIdeAnswers } from "./ide.ts";
import { repeat } from "./repeat.ts";

/** A new cluster, once. Leaves the stack up. */
export async function coldUp(product: Product): Promise<Figure[]> {
  product.configure();
  return [
    {
      name: "cold up",
      unit: "s",
      values: [await product.verb("up")],
      includes:
        "new cluster, portal and one workspace until each is ready; tools installed, images in the store, loaded from there into the node",
    },
  ];
}

/** The stack stopped and started again. */
export async function warmUp(product: Product, runs: number): Promise<Figure[]> {
  const client = await product.signIn();
  const measured = await repeat(runs, async () => {
    await product.verb("down");
    const start = performance.now();
    const up = await product.verb("up");
    return { up, ide: await untilIdeAnswers(client, PERSON, start) };
  });
  return [
    {
      name: "up after down",
      unit: "s",
      values: measured.map(({ up }) => up),
      includes: "a stopped cluster until the engine is done; data, images and state were kept",
    },
    {
      name: "up after down: IDE answers",
      unit: "s",
      values: measured.map(({ ide }) => ide),
      includes: "the same runs; asked from the end of up on, through the portal, signed in before",
    },
  ];
}

/** Nothing to do. */
export async function noChange(product: Product, runs: number): Promise<Figure[]> {
  const ups = await repeat(runs, () => product.verb("up", [], { expects: `The stack ${STACK} is unchanged.` }));
  const previews = await repeat(runs, () => product.verb("pulumi", ["preview", "--expect-no-changes"]));
  return [
    {
      name: "up, no change",
      unit: "s",
      values: ups,
      includes: "program, policy pack, health of the node, links; from the verb to its end, without npm's start",
    },
    { name: "preview, no change", unit: "s", values: previews, includes: "the same without links" },
  ];
}
