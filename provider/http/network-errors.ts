/** Codes of failures that pass by themselves: a server that starts, a name that is about to exist, a network that comes back. */
const passing = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EPIPE",
]);

/** Whether the same may succeed a moment later. A certificate that is not trusted stays so. */
export function passesByItself(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && passing.has(code);
}

/** Failures to connect come as errors and as events of a WebSocket; both have a message. */
export function messageOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  return typeof message === "string" && message !== "" ? message : String(error);
}
