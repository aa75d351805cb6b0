import { cookiesForWorkspace, setCookieFromWorkspace } from "../entrance/cookies.ts";
import { IDENTITY_HEADER } from "../identity/statements.ts";
import { isTrustedProxyHeader } from "./trusted-proxy-headers.ts";

/** Names and values in turn, as they came: in their order, with those that come twice. */
export type RawHeaders = readonly string[];

/** Headers that belong to one connection (RFC 9110, section 7.6.1), with those that HTTP/1.1 practice adds. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What frames, routes or authenticates a message is no connection's own affair: dropping it on a client's word would change what the message is. */
const NEVER_NAMED = new Set([
  "content-length",
  "transfer-encoding",
  "host",
  "cookie",
  "set-cookie",
  "authorization",
  "content-type",
  "content-encoding",
  "location",
]);

/** The portal says these itself. */
const SET_BY_PORTAL = new Set(["host", "expect", "x-request-id"]);

/** Response headers by which code in a workspace could act on other hosts of the guild, or sign its owner out of them. */
const AFFECTS_OTHER_HOSTS = new Set([
  "strict-transport-security",
  "alt-svc",
  "clear-site-data",
  "public-key-pins",
  "origin-agent-cluster",
]);

export interface ForwardedRequest {
  /** The Host the browser used. The workspace keeps it: links, Origin checks and dev servers' host lists depend on it. */
  readonly host: string;
  readonly remoteAddress: string;
  readonly requestId: string;
  /** Sent as the IDE's cookie; undefined for ports that are not the IDE. */
  readonly ideSession?: string;
  /** Tells a system of the guild who is signed in. */
  readonly identity?: string;
}

/** The headers a workspace gets to see. */
export function requestHeaders(
  incoming: RawHeaders,
  { host, remoteAddress, requestId, ideSession, identity }: ForwardedRequest,
): string[] {
  const named = connectionNamed(incoming);
  const headers = ["host", host];
  const cookies: string[] = [];
  for (let index = 0; index < incoming.length; index += 2) {
    const original = incoming[index]!,
      value = incoming[index + 1]!,
      name = original.toLowerCase();
    if (HOP_BY_HOP.has(name) || SET_BY_PORTAL.has(name) || isTrustedProxyHeader(name) || named?.has(name)) continue;
    // CGI, WSGI, PHP and Rack make `_` of `-`, and then can't tell an invented X_Forwarded_For from the portal's own.
    if (name.includes("_")) continue;
    // The IDE is opened by the portal's cookie alone; an app on another port may have tokens of its own.
    if (name === "authorization" && ideSession !== undefined) continue;
    if (name === "cookie") cookies.push(value);
    else headers.push(original, value);
  }
  const cookie = cookiesForWorkspace(cookies.join("; "), ideSession);
  if (cookie !== undefined) headers.push("cookie", cookie);
  if (identity !== undefined) headers.push(IDENTITY_HEADER, identity);
  headers.push(
    "x-forwarded-for",
    remoteAddress,
    "x-forwarded-host",
    host,
    "x-forwarded-proto",
    "https",
    "x-request-id",
    requestId,
  );
  return headers;
}

/**
 * What of a workspace's answer reaches the browser.
 * @param host that the browser asked
 */
export function responseHeaders(upstream: RawHeaders, host: string): string[] {
  const named = connectionNamed(upstream);
  const headers: string[] = [];
  for (let index = 0; index < upstream.length; index += 2) {
    const original = upstream[index]!,
      value = upstream[index + 1]!,
      name = original.toLowerCase();
    if (HOP_BY_HOP.has(name) || AFFECTS_OTHER_HOSTS.has(name) || name === "x-request-id" || named?.has(name)) continue;
    const kept = name === "set-cookie" ? setCookieFromWorkspace(value, host) : value;
    if (kept !== undefined) headers.push(original, kept);
  }
  return headers;
}

/** The headers that a message's Connection declares to be for the next hop alone; most say `keep-alive` and nothing else. */
function connectionNamed(raw: RawHeaders): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.length !== "connection".length || raw[index]!.toLowerCase() !== "connection") continue;
    names ??= new Set();
    for (const name of raw[index + 1]!.toLowerCase()
      .split(",")
      .map((part) => part.trim()))
      if (!NEVER_NAMED.has(name)) names.add(name);
  }
  return names;
}
