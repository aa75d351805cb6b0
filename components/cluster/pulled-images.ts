import type * as pulumi from "@pulumi/pulumi";
import { imageReference, PushedImage } from "../../provider/sdk/index.ts";
import type { ImageRegistry } from "../../provider/sdk/index.ts";
import type { ImageSource, ImageSupply } from "../kube/image-supply.ts";

/**
 * Images as the nodes of any cluster get them, which pull: upstream's by their own references, and what is built here from
 * a registry that it is pushed to, child `<name>-image-<image>`. Without a registry there is nothing to pull of the latter.
 */
export function pulledImages(
  name: string,
  images: Readonly<Record<string, ImageSource>>,
  registry: ImageRegistry | undefined,
  parent: pulumi.Resource,
): ImageSupply {
  return Object.fromEntries(
    Object.entries(images).flatMap(([key, source]): [string, pulumi.Input<string>][] => {
      if ("reference" in source) return [[key, source.reference]];
      if (registry === undefined) return [];
      const { context, buildArgs } = source;
      const { reference } = new PushedImage(
        `${name}-image-${key}`,
        { image: imageReference(key, context, buildArgs), context, buildArgs, registry },
        { parent },
      );
      return [[key, reference]];
    }),
  );
}
