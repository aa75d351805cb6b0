import { isDeepStrictEqual } from "node:util";
import stripJsonComments from "strip-json-comments";

/**
 * Reads HuJSON, in which policies are written: JSON with comments and trailing commas.
 *
 * @throws SyntaxError with the place of the mistake.
 */
export function parseHuJson(text: string): unknown {
  return JSON.parse(stripJsonComments(text, { trailingCommas: true }));
}

/** Whether two texts say the same, whatever their comments, spaces and order of keys. False where one is not HuJSON. */
export function isSameHuJson(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(parseHuJson(one), parseHuJson(other));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
