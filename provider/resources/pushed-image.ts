import { z } from "zod";
import { ActionableError } from "../errors.ts";
import { ensureImage, pushImage, type Progress } from "../node/toolchain.ts";
import { digestOf, littlePatience, patience, registrySchema } from "../registry/connection.ts";
import type { Plain } from "../wire.ts";
import { define, type Existing } from "./resource.ts";

const IMAGE = /^[^\s/@]+\/(?<name>[^\s:@]+):(?<tag>[^\s:@]+)$/;

const schema = z.object({
  image: z.string().regex(IMAGE, "must be a full reference with a tag, as imageReference makes it"),
  context: z.string(),
  buildArgs: z.record(z.string(), z.string()).optional(),
  registry: registrySchema,
});
type Inputs = z.infer<typeof schema>;

export const pushedImage = define({
  schema,
  replaceOn: ["registry"],
  create: push,
  update: push,
  // By which credentials a registry is asked makes no other image of it.
  same: (input, old, wanted) => input === "registry" && addressIn(old) === addressIn(wanted),
  async drift({ registry, image }, { reference }) {
    const digest = String(reference).split("@")[1] ?? "";
    return (await digestOf(registry, partsOf(image).name, digest, littlePatience)) === undefined
      ? "the registry does not have it"
      : undefined;
  },
});

/** What the registry has under the tag, which stands for all that went into the build, is neither built nor pushed. */
async function push({ image, context, buildArgs, registry }: Inputs, progress: Progress): Promise<Existing> {
  const { name, tag } = partsOf(image),
    id = `${registry.address}/${name}`;
  let digest = await digestOf(registry, name, tag, patience);
  if (digest === undefined) {
    await ensureImage(image, { context, buildArgs }, progress);
    progress(`pushing ${id}:${tag}`);
    await pushImage(image, `${id}:${tag}`, registry, progress);
    digest = await digestOf(registry, name, tag, patience);
  }
  if (digest === undefined)
    throw new ActionableError(
      "image-not-pushed",
      `${id}:${tag} was pushed, but the registry does not show it: the credentials must let it be pulled, too`,
    );
  return { id, outputs: { reference: `${id}:${tag}@${digest}` } };
}

function partsOf(image: string): { name: string; tag: string } {
  const { name = "", tag = "" } = IMAGE.exec(image)?.groups ?? {};
  return { name, tag };
}

function addressIn(registry: Plain): unknown {
  return registrySchema.safeParse(registry).data?.address;
}
