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
  const kept = pairs(header).filter((pair) => !isReserved(pair.name)).map((pair) => pair.raw);
  if (ideSession !== undefined) kept.push(`${IDE_COOKIE}=${ideSession}`);
  return kept.length > 0 ? kept.join("; ") : undefined;
}

/** True for a Set-Cookie line a workspace must not send: the portal's names, and the IDE session the portal manages itself. */
export function isReservedSetCookie(line: string): boolean {
  return isReserved(nameOf(line.split(";", 1)[0] ?? ""));
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
  const lower = name.toLowerCase();
  return lower.startsWith(OWN_PREFIX) || lower.startsWith(IDE_COOKIE);
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
