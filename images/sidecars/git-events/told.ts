import { z } from "zod";

/**
 * What was told of a repository. Operations are remembered one by one: a repository that comes back from a backup is older
 * than what was told of it, and gets its newer operations again from people.
 */
export const toldSchema = z.object({
  /** What each branch was at, by who has it and its name. */
  branches: z.record(z.string(), z.string()),
  /** How often one of them moved: a branch that moves back and forth is told of each time. */
  moves: z.int().min(0),
  patches: z.record(
    z.string(),
    z.object({
      /** What it was at when all of it was told. */
      at: z.array(z.string()),
      operations: z.array(z.string()),
    }),
  ),
});

export type Told = z.output<typeof toldSchema>;

export const nothingTold: Told = { branches: {}, moves: 0, patches: {} };
