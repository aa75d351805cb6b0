import { randomUUID } from "node:crypto";
import { z } from "zod";
import { define } from "./resource.ts";

const seconds = 1000;

const schema = z.object({
  kubeconfig: z.string().min(1),
  context: z.string().optional(),
  object: z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }),
  timeoutSeconds: z.number().int().min(1),
});
type Inputs = z.infer<typeof schema>;

export const dryRun = define({
  schema,
  replaceOn: [],
  async create(inputs) {
    await run(inputs);
    return { id: randomUUID(), outputs: {}, secrets: ["kubeconfig"] };
  },
  async update(inputs, _progress, old) {
    await run(inputs);
    return { id: String(old.id), outputs: {}, secrets: ["kubeconfig"] };
  },
});

/** Loaded late, for the cluster's client is large. */
async function run({ kubeconfig, context, object, timeoutSeconds }: Inputs): Promise<void> {
  const { ClusterApi } = await import("../manifest/cluster-api.ts");
  const { tryObject } = await import("../manifest/apply.ts");
  await tryObject(new ClusterApi(kubeconfig, context, timeoutSeconds * seconds), object);
}
