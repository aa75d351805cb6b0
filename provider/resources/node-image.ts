import { z } from "zod";
import { ActionableError } from "../errors.ts";
import { bringImage, imagesOn } from "../node/images.ts";
import { nodeFolder } from "../node/layout.ts";
import { initProcess } from "../node/process.ts";
import type { Progress } from "../node/toolchain.ts";
import { define, type Existing } from "./resource.ts";

const schema = z.object({
  cluster: z.string(),
  reference: z
    .string()
    .regex(
      /^[^\s:@]+(\.[^\s:@]+)*(:\d+)?\/[^\s@]+:[^\s:@]+$/,
      "must be a full reference with a tag, such as registry.k8s.io/pause:3.10.1",
    ),
  context: z.string().optional(),
  buildArgs: z.record(z.string(), z.string()).optional(),
});
type Inputs = z.infer<typeof schema>;

export const nodeImage = define({
  schema,
  replaceOn: ["cluster"],
  create: bring,
  update: bring,
  async drift({ cluster, reference }) {
    const init = initProcess(nodeFolder(cluster));
    // A stopped node is an update of its own, and keeps its images.
    if (init === undefined) return undefined;
    const images = await imagesOn({ init }).catch(() => undefined);
    if (images === undefined) return "the node's containerd does not answer";
    return images.has(reference) ? undefined : "the node does not have it";
  },
});

async function bring({ cluster, reference, context, buildArgs }: Inputs, progress: Progress): Promise<Existing> {
  const folder = nodeFolder(cluster),
    init = initProcess(folder);
  if (init === undefined)
    throw new ActionableError(
      "node-stopped",
      `the cluster ${cluster} is not running, so it cannot take an image; "npm run up" starts it`,
    );
  await bringImage({ folder, init }, reference, { context, buildArgs }, progress);
  return { id: `${cluster}/${reference}`, outputs: {} };
}
