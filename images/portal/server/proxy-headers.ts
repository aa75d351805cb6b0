import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { cookiesForWorkspace, isReservedSetCookie } from "./cookies.ts";

/** Headers that belong to one connection (RFC 9110, section 7.6.1), with those that HTTP/1.1 practice adds. */
const HOP_BY_HOP = new Set([
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
]);

/** What a client says about proxies before us. Ours is the first, so whatever came is invented. */
const CLAIMS_OF_PROXIES = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-url|x-http-method-override|client-ip|true-client-ip)$/;

/** What frames, routes or authenticates a message is no connection's own affair: dropping it on a client's word would change what the message is. */
const NEVER_NAMED = new Set(["content-length", "transfer-encoding", "host", "cookie", "set-cookie", "authorization", "content-type", "content-encoding", "location"]);

/** Response headers by which code in a workspace could act on other hosts of the guild, or sign its owner out of them. */
const REACHES_OTHER_HOSTS = new Set(["strict-transport-security", "alt-svc", "clear-site-data", "public-key-pins", "origin-agent-cluster"]);

export interface ForwardedRequest {
  /** The Host the browser used. The workspace keeps it: links, Origin checks and dev servers' host lists depend on it. */
  readonly host: string;
  readonly remoteAddress: string;
  readonly requestId: string;
  /** Sent as the IDE's cookie; undefined for ports that are not the IDE. */
  readonly ideSession?: string;
}

/** The headers a workspace gets to see. */
export function requestHeaders(incoming: IncomingHttpHeaders, forwarded: ForwardedRequest): OutgoingHttpHeaders {
  const named = connectionNamed(incoming.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (HOP_BY_HOP.has(name) || CLAIMS_OF_PROXIES.test(name) || named.has(name)) continue;
    if (name === "cookie" || name === "host" || name === "expect") continue;
    // The IDE is opened by the portal's cookie alone; an app on another port may have tokens of its own.
    if (name === "authorization" && forwarded.ideSession !== undefined) continue;
    headers[name] = value;
  }
  const cookie = cookiesForWorkspace(incoming.cookie, forwarded.ideSession);
  if (cookie !== undefined) headers["cookie"] = cookie;
  return {
    ...headers,
    host: forwarded.host,
    "x-forwarded-for": forwarded.remoteAddress,
    "x-forwarded-host": forwarded.host,
    "x-forwarded-proto": "https",
    "x-request-id": forwarded.requestId,
  };
}

/** What of a workspace's answer reaches the browser. */
export function responseHeaders(upstream: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = connectionNamed(upstream.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(upstream)) {
    if (HOP_BY_HOP.has(name) || REACHES_OTHER_HOSTS.has(name) || named.has(name)) continue;
    if (name !== "set-cookie") headers[name] = value;
  }
  const lines = [upstream["set-cookie"] ?? []].flat().filter((line) => !isReservedSetCookie(line));
  return lines.length > 0 ? { ...headers, "set-cookie": lines } : headers;
}

/** The headers that a message's Connection declares to be for the next hop alone. */
function connectionNamed(connection: string | string[] | undefined): Set<string> {
  const names = [connection ?? []].flat().join(",").toLowerCase().split(",").map((name) => name.trim());
  return new Set(names.filter((name) => !NEVER_NAMED.has(name)));
}
