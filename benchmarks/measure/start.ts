import type { Figure } from "../figures.ts";
import type { Product } from "../product.ts";
import { repeat } from "./repeat.ts";

/** A new cluster, once. Leaves the stack up. */
export async function coldUp(product: Product): Promise<Figure[]> {
  product.configure();
  return [{ name: "cold up", unit: "s", values: [await product.verb("up")], includes: "new cluster, portal and one workspace until each is ready; tools installed, images in the store" }];
}

/** The stack stopped and started again. */
export async function warmUp(product: Product, runs: number): Promise<Figure[]> {
  const values = await repeat(runs, async () => {
    await product.verb("down");
    return product.verb("up");
  });
  return [{ name: "up after down", unit: "s", values, includes: "the stopped cluster until the engine is done with it; data, images and state were kept" }];
}

/** Nothing to do. */
export async function noChange(product: Product, runs: number): Promise<Figure[]> {
  const ups = await repeat(runs, () => product.verb("up"));
  const previews = await repeat(runs, () => product.verb("pulumi", ["preview"]));
  return [
    { name: "up, no change", unit: "s", values: ups, includes: "program, policy pack, health of the node, links; from the verb to its end, without npm's start" },
    { name: "preview, no change", unit: "s", values: previews, includes: "the same without links" },
  ];
}
