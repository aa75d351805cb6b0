import { z } from "zod";
import { entryKind } from "./replay.ts";

/** Of the engine's journal; it numbers the entries' form and, as it starts an update, the whole protocol alike. */
export const JOURNAL_VERSION = 1;

const place = z.int().nullish();
const resource = z.looseObject({ urn: z.string(), type: z.string() });
const kinds = Object.values(entryKind);

/**
 * Entries as version 1 has them (pulumi/sdk, apitype/journal.go). Anything more would be dropped in silence, and with
 * it a part of the state: an engine that tells more is refused before it does anything.
 */
export const entriesSchema = z.array(
  z.strictObject({
    version: z.literal(JOURNAL_VERSION),
    kind: z.int().refine((kind) => (kinds as readonly number[]).includes(kind), {
      error: ({ input }) => `unknown kind ${String(input)}`,
    }),
    sequenceID: z.int(),
    operationID: z.int(),
    removeOld: place,
    removeNew: place,
    deleteOld: place,
    deleteNew: place,
    pendingReplacementOld: place,
    pendingReplacementNew: place,
    state: resource.nullish(),
    operation: z.looseObject({ type: z.string(), resource }).nullish(),
    isRefresh: z.boolean().nullish(),
    // An engine without a salt takes us, its journal's keeper, for what keeps its secrets: we are gone with the run, and so would they be.
    secretsProvider: z
      .looseObject({
        type: z
          .string()
          .refine(
            (type) => type !== "service",
            "the engine would have its secrets encrypted by the journal's keeper, which can't",
          ),
      })
      .nullish(),
    newSnapshot: z.looseObject({}).nullish(),
  }),
);
