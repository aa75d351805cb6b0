import type { IncomingHttpHeaders } from "node:http";
import { NotesError } from "./errors.ts";

/**
 * A page of a workspace or an app is somebody's code: it may neither read nor change notes in the name of who looks at it.
 * @throws {NotesError} 403 `cross_origin`
 * @see https://web.dev/articles/fetch-metadata
 */
export function refuseOtherPages(method: string | undefined, headers: IncomingHttpHeaders): void {
  const site = headers["sec-fetch-site"];
  const isPage = headers["sec-fetch-mode"] === "navigate" && (method === "GET" || method === "HEAD");
  const isOther = site !== undefined && site !== "same-origin" && site !== "none";
  if ((isOther || isOtherOrigin(headers)) && !isPage) {
    throw new NotesError(403, "cross_origin", "This request came from a page of another origin.");
  }
}

/** Of a request that says where its page is from. */
export function isOtherOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}
