import { stopCluster } from "../../provider/control.ts";
import { clustersOf } from "../clusters.ts";
import type { Engine } from "../../engine/engine.ts";
import { openEngine } from "../open-engine.ts";

/** Stops the stack's embedded clusters. Their data and the stack's state stay. */
export async function downCommand(stack: string): Promise<void> {
  const engine = await openEngine(stack);
  await engine.alone("down", () => stopClusters(engine));
}

async function stopClusters(engine: Engine): Promise<void> {
  engine.recover();
  engine.assertFree();
  const clusters = await clustersOf(engine);
  for (const cluster of clusters) {
    await stopCluster(cluster, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`Stopped ${cluster}. Its data is kept; \`npm run up\` starts it again.\n`);
  }
  if (clusters.length === 0)
    process.stdout.write(`The stack ${engine.stack} has no embedded cluster: there is nothing to stop.\n`);
}
