/** The portal's own cookies. Browsers let nobody but this exact host set a `__Host-` name (RFC 6265bis, section 4.1.3). */
export const SESSION_COOKIE = "__Host-guildnet";
export const APP_COOKIE = "__Host-guildnet-app";
export const HANDOFF_COOKIE = "__Host-guildnet-handoff";

/** code-server's session cookie: the portal sends it, a browser never does. */
export const IDE_COOKIE = "code-server-session";

const OWN_PREFIX = "__host-guildnet";

/**
 * The one value of a cookie. A name that comes twice counts as absent: someone tried to plant a second one,
 * and which of the two a parser would pick is chance.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = pairs(header).filter((pair) => pair.name === name);
  return values.length === 1 ? values[0]?.value : undefined;
}

/** The Cookie header as a workspace may see it: without the portal's cookies and without any IDE session of the browser's. */
export function cookiesForWorkspace(header: string | undefined, ideSession?: string): string | undefined {
  const kept = pairs(header)
    .filter((pair) => !isReserved(pair.name))
    .map((pair) => pair.raw);
  if (ideSession !== undefined) kept.push(`${IDE_COOKIE}=${ideSession}`);
  return kept.length > 0 ? kept.join("; ") : undefined;
}

/**
 * A Set-Cookie line of a workspace's as browsers may get it. A Domain above its own host would send the cookie to every
 * other host of the guild: to plant it in other people's apps, or to send so many that none answers any more. Such a
 * line loses its Domain, not its cookie: an app that shares one among hosts it doesn't have here keeps it on its own.
 *
 * @param host the workspace's, with or without a port
 * @returns undefined for the portal's names, and for the IDE session that the portal manages itself
 */
export function setCookieFromWorkspace(line: string, host: string): string | undefined {
  const [pair = "", ...attributes] = line.split(";");
  if (isReserved(nameOf(pair))) return undefined;
  const kept = attributes.filter((attribute) => isOwnDomain(attribute, host));
  return kept.length === attributes.length ? line : [pair, ...kept].join(";");
}

/** True of any attribute but a Domain that is not exactly this host. */
function isOwnDomain(attribute: string, host: string): boolean {
  const [name = "", ...value] = attribute.split("=");
  if (name.trim().toLowerCase() !== "domain") return true;
  return value.join("=").trim().toLowerCase().replace(/^\./, "") === host.toLowerCase().replace(/:\d+$/, "");
}

/** True of a cookie that is the portal's to set and to delete; with whatever before its name, which other programs may take for spaces. */
export function isOwnCookie(name: string): boolean {
  return name.toLowerCase().includes(OWN_PREFIX);
}

/** The names in a Cookie header that can stand in a Set-Cookie line. */
export function cookieNames(header: string): string[] {
  return pairs(header)
    .map(({ name }) => name)
    .filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name));
}

/**
 * A Set-Cookie line with all that `__Host-` demands.
 * @param value from the alphabet of tokens and UUIDs, which needs no escaping
 */
export function hostCookie(name: string, value: string, maxAgeSeconds: number): string {
  if (!/^[\w.-]*$/.test(value)) throw new RangeError(`the value of the cookie ${name} would need escaping`);
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; Secure; SameSite=Lax`;
}

function isReserved(name: string): boolean {
  return isOwnCookie(name) || name.toLowerCase().includes(IDE_COOKIE);
}

function pairs(header: string | undefined): { name: string; value: string; raw: string }[] {
  if (!header) return [];
  return header
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((raw) => ({ raw, name: nameOf(raw), value: raw.slice(raw.indexOf("=") + 1).trim() }));
}

/** A pair without "=" is a nameless cookie; browsers send its value bare, so the value is what must be looked at. */
function nameOf(pair: string): string {
  const text = pair.trim();
  const equals = text.indexOf("=");
  return equals > 0 ? text.slice(0, equals).trim() : text.slice(equals + 1).trim();
}
