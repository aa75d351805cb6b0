import type { IncomingHttpHeaders } from "node:http";

/** True where code-server did not accept the portal's cookie: 401, or for its first page a redirect to `./login`. */
export function refusedByIde(statusCode: number, headers: IncomingHttpHeaders): boolean {
  if (statusCode === 401) return true;
  const location = headers.location ?? "";
  return statusCode >= 300 && statusCode < 400 && /^(\.?\/)?(\.\.\/)*login(\?|$)/.test(location);
}
