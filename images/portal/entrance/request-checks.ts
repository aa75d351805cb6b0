import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { PortalError } from "./errors.ts";
import type { Destination, Hosts } from "./hosts.ts";

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The client's request id where it is harmless, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * Decides who a request is for.
 * @throws {PortalError} for targets that are no path, for Host headers that are missing or come twice, and for unknown hosts
 */
export function destination(request: IncomingMessage, hosts: Hosts): Destination {
  refuseOddTarget(request);
  const found = hosts.of(request).classify(request.headers.host);
  if (!found) throw new Error("a site classifies what it was found by");
  return found;
}

/** @throws {PortalError} for targets that are no path, and for Host headers that are missing or come twice */
export function refuseOddTarget(request: IncomingMessage): void {
  const hostHeaders = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (hostHeaders.length !== 1) throw new PortalError(400, "bad_host", "A request needs exactly one Host header.");
  // Absolute-form targets carry a second host name, and two names that disagree are how requests are smuggled.
  if (!request.url?.startsWith("/")) throw new PortalError(400, "bad_target", "The request target must be a path.");
}

/** True where a browser loads a page of its own (not a part of one), so that an answer may be a page or a redirect. */
export function isNavigation(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const mode = headers["sec-fetch-mode"];
  return mode === undefined ? (headers.accept ?? "").includes("text/html") : mode === "navigate";
}

/**
 * Keeps other origins out. Workspaces and portal are the same *site* to a browser, so SameSite cookies alone don't:
 * a page of one workspace could load parts of another, or post to the portal.
 * @throws {PortalError} 403 `cross_origin`
 * @see https://web.dev/articles/fetch-metadata
 */
export function refuseCrossOrigin(method: string | undefined, headers: IncomingHttpHeaders, ownOrigin: string): void {
  const site = headers["sec-fetch-site"];
  const fromElsewhere = site !== undefined && site !== "same-origin" && site !== "none";
  const topLevelPage = isNavigation(method, headers) && headers["sec-fetch-dest"] === "document";
  // Under `Referrer-Policy: no-referrer` a page's own form comes from "null"; that it is the page's own is for the browser to say.
  const hiddenOrigin = headers.origin === "null" && site === "same-origin";
  const foreignOrigin =
    headers.origin !== undefined && headers.origin !== ownOrigin && !hiddenOrigin && !isNavigation(method, headers);
  if (foreignOrigin || (fromElsewhere && !topLevelPage)) {
    throw new PortalError(403, "cross_origin", "This request came from a page of another origin.");
  }
}

/** A path to return to: on the same host and nothing else, else "/". */
export function safePath(path: unknown): string {
  return typeof path === "string" && path.length <= 2048 && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : "/";
}
