import type { Figure } from "../figures.ts";
import { PERSON, STACK, type Product } from "../product.ts";
import { memoryOfCluster } from "./memory.ts";
import { repeat } from "./repeat.ts";

/** The same with every system of the stack that the checkout comes with. */
export async function everything(product: Product, runs: number): Promise<Figure[]> {
  await product.remove();
  product.configure([{ owner: PERSON }], product.systems);
  const cold = await product.verb("up");
  const memory = memoryOfCluster(product.clusterFolder);
  const again = await repeat(runs, () => product.verb("up", [], { expects: `The stack ${STACK} is unchanged.` }));
  const warm = await repeat(runs, async () => {
    await product.verb("down");
    return product.verb("up");
  });
  return [
    {
      name: "everything: cold up",
      unit: "s",
      values: [cold],
      includes: "as cold up, with mesh, load balancer, certificates, registry, batch and backups",
    },
    { name: "everything: no change", unit: "s", values: again, includes: "as up, no change" },
    { name: "everything: up after down", unit: "s", values: warm, includes: "as up after down" },
    {
      name: "everything: memory",
      unit: "MiB",
      values: [memory],
      includes:
        "of all processes of the cluster right after it came up: node, systems, one workspace; what they share is counted once",
    },
  ];
}
