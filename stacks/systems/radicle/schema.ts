import { z } from "zod";
import { bytes, image } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const radicle = z.strictObject({
  storage: bytes("256Mi").prefault("10Gi").describe("Size of the seed's volume; it can grow, not shrink."),
  seeding: z
    .strictObject({
      default: z
        .enum(["allow", "block"])
        .default("allow")
        .describe("Whether the seed keeps every repository that it is told of, or none but those it is given by hand."),
      scope: z
        .enum(["all", "followed"])
        .default("all")
        .describe(
          "Whose branches, patches and comments it takes in them: everybody's, or those of the repository's delegates and of the guild's people.",
        ),
    })
    .prefault({})
    .describe("Which repositories the seed keeps."),
  image: image
    .optional()
    .describe("Image of the seed, whose programs workspaces take. Default: built from images/radicle."),
  passwordGeneration: z
    .int()
    .min(1)
    .max(32)
    .default(1)
    .describe("Counted up, it gives every workspace another password to tell the seed with who it is. Keys stay."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether the seed's repositories stay when it is removed. To remove both, apply false first."),
});

export const radicleKeys = {
  radicle: radicle
    .optional()
    .describe(
      "Repositories, patches and reviews between the guild's people: a seed of Radicle, and rad in every workspace. Default: none. Write {} for one with every default.",
    ),
};

export type RadicleKeys = Told<typeof radicleKeys>;
