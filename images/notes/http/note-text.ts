import { z } from "zod";
import { LARGEST_NOTE_BYTES } from "../vault/files.ts";

/** What anybody may write at once: more could be read by nobody. */
export const noteText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= LARGEST_NOTE_BYTES, "a note has 2 MiB at most");
