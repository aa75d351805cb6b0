import type { IncomingHttpHeaders } from "node:http";
import { IDE_PORT } from "../../pod/names.ts";
import { PortalError } from "../entrance/errors.ts";
import type { Site } from "../entrance/hosts.ts";
import { refuseCrossOrigin } from "../entrance/request-checks.ts";
import type { App } from "../identity/admission.ts";

/** What a request says about where it comes from; a page can't change any of it. */
export interface Call {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The site and the host name on it that were asked. */
  readonly site: Site;
  readonly label: string;
}

/**
 * Refuses pages that have no business here. A public app decides for itself whom it serves. Of all others the own pages
 * are served, and those at another port of the same workspace or app, but never at an IDE: who has that has all the rest.
 *
 * @param app what the host name stands for; undefined where that is nothing
 * @returns the origin of the page at the other port, which has to be told that it may read the answer
 * @throws {PortalError} 403 `cross_origin`
 */
export function admitPage(call: Call, app: App | undefined): string | undefined {
  if (app?.workspace.visibility === "public") return undefined;
  const neighbour = app?.port === IDE_PORT ? undefined : neighbourOf(call);
  if (neighbour === undefined) refuseCrossOrigin(call.method, call.headers, call.site.appOrigin(call.label));
  return neighbour;
}

/** The same of a WebSocket. Browsers send cookies with one from any page, and always an Origin. */
export function admitWebSocketPage(call: Call, app: App | undefined): void {
  if (app?.workspace.visibility === "public") return;
  const own = call.headers.origin === call.site.appOrigin(call.label);
  if (!own && (app?.port === IDE_PORT || neighbourOf(call) === undefined)) {
    throw new PortalError(403, "cross_origin", "This WebSocket was opened by a page of another origin.");
  }
}

/**
 * What answers a browser's question whether a page at another port may ask: it carries no cookie, so that it can't be let
 * through to the workspace, and it says nothing of what is there.
 *
 * @returns undefined where it is no such question
 */
export function preflightAnswer(call: Call): Record<string, string> | undefined {
  const { method, headers } = call,
    wanted = headers["access-control-request-method"];
  const neighbour = method === "OPTIONS" && wanted !== undefined ? neighbourOf(call) : undefined;
  if (neighbour === undefined || wanted === undefined) return undefined;
  const names = headers["access-control-request-headers"];
  return {
    ...readableFor(neighbour),
    "access-control-allow-methods": wanted,
    ...(names !== undefined && { "access-control-allow-headers": names }),
    "access-control-max-age": "600",
  };
}

/** Lets a page at another port read an answer. The session's cookie has to come along, which the workspace doesn't know of. */
export function readableFor(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "Origin" };
}

/** The same for the head of a workspace's answer, names and values in turn. */
export function readableHead(raw: readonly string[], origin: string): string[] {
  const own = readableFor(origin);
  const kept = raw.filter((_part, index) => !CORS.has((raw[index - (index % 2)] ?? "").toLowerCase()));
  return [...kept, ...Object.entries(own).flat()];
}

const CORS = new Set(["access-control-allow-origin", "access-control-allow-credentials"]);

/** The origin of the page that asks, where that is at another port of the same workspace or app by its name. */
function neighbourOf({ headers, site, label }: Call): string | undefined {
  // Images and scripts come without an Origin.
  const from = headers.origin ?? headers.referer;
  if (from === undefined || !URL.canParse(from)) return undefined;
  const { origin, host } = new URL(from),
    found = site.classify(host);
  if (found?.kind !== "app" || found.label === label || origin !== site.appOrigin(found.label)) return undefined;
  return familyOf(found.label) === familyOf(label) ? origin : undefined;
}

/** `ada` of `ada` and of `web--ada`. */
function familyOf(label: string): string {
  return /^.+?--(.+)$/.exec(label)?.[1] ?? label;
}
