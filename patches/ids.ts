import { z } from "zod";
import { PatchesError } from "./errors.ts";
import type { PatchesErrorCode } from "./errors.ts";

/** An object of git, whole: short ones are ambiguous, and other words could be options. */
export const oidSchema = z.string().regex(/^[0-9a-f]{40}$/, "an object's whole hash");
/** A repository. */
export const ridSchema = z
  .string()
  .regex(/^rad:z[1-9A-HJ-NP-Za-km-z]{20,64}$/, 'a repository, as "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5"');
/** A key, which is who somebody is: a node as Radicle calls it. */
export const nidSchema = z.string().regex(/^z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/, "a node's id");
export const didSchema = z.string().regex(/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/, "an identity");

const DID = "did:key:";
export const nidOf = (did: string): string => did.slice(DID.length);
export const didOf = (nid: string): string => `${DID}${nid}`;

/** @throws PatchesError where it is not of its form */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  code: PatchesErrorCode = "bad-input",
): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error) throw new PatchesError(code, `${what}: ${wordsOf(error)}`);
  return data as z.output<Schema>;
}

export function wordsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "))
    .join("; ");
}
