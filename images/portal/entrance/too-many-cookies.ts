import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { cookieNames, isOwnCookie } from "./cookies.ts";
import { PortalError } from "./errors.ts";
import { answer, answerError, refuseRaw } from "./raw-answers.ts";
import { isNavigation } from "./request-checks.ts";

/** Most servers take 16 KiB of headers; a quarter is left for those that are no cookies. */
const MAX_COOKIE_BYTES = 12 * 1024;
/** Browsers take 256 KiB of an answer's headers. What is left over goes the next time. */
const MAX_LINES = 500;

const PAGE = (what: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Too many cookies</title>
<main>
<h1>Too many cookies</h1>
<p>${what}</p>
<p><a href="">Try again</a></p>
<p>If this page comes back, delete the cookies of this site in the settings of your browser.</p>
</main>
</html>
`;

const HTML = { "content-type": "text/html; charset=utf-8" };

export function hasTooManyCookies({ headers: { cookie = "" } }: IncomingMessage): boolean {
  return cookie.length > MAX_COOKIE_BYTES;
}

/**
 * A page may set as many cookies as it likes, for its own host and for all that share its domain, and a browser that
 * sends them would get an error from everybody for as long as they last. This answer takes them away, but for the
 * portal's own: the person stays signed in.
 */
export function answerTooManyCookies(request: IncomingMessage, response: ServerResponse, requestId: string): void {
  const { cookie = "", host = "" } = request.headers;
  if (!isNavigation(request.method, request.headers)) return answerError(response, tooManyCookies(), requestId);
  const page = PAGE(
    "The pages you opened here have set more cookies than can be sent. They were deleted, but for what signs you in.",
  );
  answer(
    response,
    431,
    { ...HTML, "x-request-id": requestId, "set-cookie": expiring(cookie, host, request.url ?? "/") },
    page,
  );
}

export function tooManyCookies(): PortalError {
  return new PortalError(
    431,
    "too_many_cookies",
    "The browser sends more cookies than can be passed on. Opening the page itself deletes them.",
  );
}

/** Answers a head that is too long to be read. Of its cookies nothing is known, so all of this domain go, and with them the sign-in. */
export function refuseEndlessHead(socket: Socket): void {
  const page = PAGE(
    "Your browser sent more than can be read here, most likely cookies. Those of this site and its neighbours were deleted, so that you have to sign in again.",
  );
  refuseRaw(socket, 431, { ...HTML, "clear-site-data": '"cookies"' }, page);
}

/** Set-Cookie lines that delete these cookies, wherever between here and the root of domain and path they were set. */
function expiring(cookie: string, host: string, target: string): string[] {
  const places = domainsOf(host).flatMap((domain) =>
    pathsOf(target).map((path) => `Max-Age=0; Path=${path}; Secure${domain && `; Domain=${domain}`}`),
  );
  const names = new Set(cookieNames(cookie).filter((name) => !isOwnCookie(name)));
  return [...names].flatMap((name) => places.map((place) => `${name}=; ${place}`)).slice(0, MAX_LINES);
}

/** No domain, which is this host alone; then the host and all above it but the last label. */
function domainsOf(host: string): string[] {
  const labels = host.toLowerCase().replace(/:\d+$/, "").split(".");
  return ["", ...labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."))];
}

/** `/a/b?c` is below `/` and `/a`; a path with what could end an attribute is left out. */
function pathsOf(target: string): string[] {
  const folders = (target.split("?", 1)[0] ?? "").split("/").slice(1, -1);
  const paths = folders.map((_folder, index) => `/${folders.slice(0, index + 1).join("/")}`);
  return ["/", ...paths.filter((path) => /^[\w./~%-]+$/.test(path))];
}
