import { ApiException } from "@kubernetes/client-node";

/** client-node's errors quote the whole answer, headers and body: too much for a log, and for a Secret it would be its content. */
export function plainError(error: unknown): Error {
  if (error instanceof ApiException) return new Error(`the API server answered ${error.code}`);
  return error instanceof Error ? error : new Error(String(error));
}
