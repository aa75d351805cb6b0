import { z } from "zod";
import { bytes } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const notes = z.strictObject({
  storage: bytes("64Mi").prefault("5Gi").describe("Size of its volume; it can grow, not shrink."),
  tokenGeneration: z
    .int()
    .min(1)
    .default(1)
    .describe("Counted up, it gives every workspace another token; the workspaces start anew."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether the notes stay when it is removed. To remove both, apply false first."),
});

export const notesKeys = {
  notes: notes
    .optional()
    .describe(
      "Notes in Markdown: a vault of all and one of each person's own, as files in every workspace and for its agents. Default: none. Write {} for them with every default.",
    ),
};

export type NotesKeys = Told<typeof notesKeys>;
