import { randomUUID } from "node:crypto";
import { z } from "zod";
import { filesAt, hashOf, readFiles } from "../manifest/files.ts";
import type { Applied } from "../manifest/apply.ts";
import type { ClusterApi } from "../manifest/cluster-api.ts";
import { fetchManifest, type Progress } from "../node/toolchain.ts";
import { define, type Existing, type Properties } from "./resource.ts";

/** Milliseconds a change waits for an API server that was just started. */
const patience = 60_000;
/** Milliseconds a question waits: a preview of a stopped cluster shall not take long. */
const littlePatience = 3_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256: 64 hex digits");
const schema = z.object({
  kubeconfig: z.string().min(1),
  context: z.string().optional(),
  source: z.object({
    module: z
      .string()
      .regex(/^[^\s@-][^\s@]*@v[^\s@]+$/, "must be a Go module with its version, such as github.com/x/y@v1.2.3"),
    files: z
      .array(z.string().regex(/^(?![/-])(?!.*\.\.)\S+$/, "must be a path in the module, such as deploy/crds/*.yaml"))
      .min(1),
    sha256,
    release: z.object({ url: z.url({ protocol: /^https$/ }), sha256 }).optional(),
  }),
  path: z.string().min(1).optional(),
  labels: z.record(z.string(), z.string()),
  keep: z.boolean(),
});
type Inputs = z.infer<typeof schema>;

const applied = z.array(z.object({ path: z.string(), generation: z.number() })).default([]);

/** Its state has names and a hash alone: a text is up to a megabyte, and Pulumi's own file backend writes the whole state at each step. */
export const upstreamManifest = define({
  schema,
  replaceOn: [],
  create: (inputs, progress) => apply(inputs, progress, randomUUID(), []),
  update: (inputs, progress, old) => apply(inputs, progress, String(old.id), appliedIn(old)),
  async drift(inputs, state) {
    // One's own copy may change at any time; upstream's text cannot, for its hash is an input.
    if (inputs.path !== undefined && hashOf(filesAt(inputs.path)) !== state.hash) return `${inputs.path} was changed`;
    const { driftOf } = await import("../manifest/apply.ts");
    return driftOf(await apiOf(inputs, littlePatience), appliedIn(state), String(state.hash));
  },
  async delete(inputs, progress, state) {
    if (inputs.keep) return progress("its objects stay: with a definition, everybody's objects of that kind would go");
    const { deleteObjects } = await import("../manifest/apply.ts");
    await deleteObjects(await apiOf(inputs, patience), appliedIn(state));
  },
});

async function apply(inputs: Inputs, progress: Progress, id: string, before: readonly Applied[]): Promise<Existing> {
  const files =
    inputs.path === undefined ? readFiles(await fetchManifest(inputs.source, progress)) : filesAt(inputs.path);
  const hash = hashOf(files);
  const { applyObjects, deleteObjects } = await import("../manifest/apply.ts");
  const { objectsOf } = await import("../manifest/objects.ts");
  const api = await apiOf(inputs, patience);
  const now = await applyObjects(
    api,
    files.flatMap(({ path, text }) => objectsOf(text, path)),
    { labels: inputs.labels, hash, progress },
  );
  if (!inputs.keep)
    await deleteObjects(
      api,
      before.filter(({ path }) => !now.some((one) => one.path === path)),
    );
  return { id, outputs: { objects: now.map((one) => ({ ...one })), hash }, secrets: ["kubeconfig"] };
}

/** Loaded late, for the cluster's client is large. */
async function apiOf({ kubeconfig, context }: Inputs, milliseconds: number): Promise<ClusterApi> {
  const { ClusterApi } = await import("../manifest/cluster-api.ts");
  return new ClusterApi(kubeconfig, context, milliseconds);
}

function appliedIn(state: Properties): Applied[] {
  return applied.parse(state.objects);
}
