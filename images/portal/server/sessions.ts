import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { OneTimeRegister } from "./one-time.ts";
import type { SignOuts } from "./sign-outs.ts";

/** A session ends after 12 hours without use … */
export const IDLE_SECONDS = 12 * 3600;
/** … and 7 days after the sign-in in any case. */
export const LONGEST_SECONDS = 7 * 24 * 3600;
const HANDOFF_SECONDS = 30;
const REMEMBERED_TOKENS = 5000;

const sessionClaims = z.object({
  sub: z.string(),
  /** The sign-in this belongs to: what sign-out revokes, on the portal and on every workspace's host at once. */
  sid: z.string(),
  auth_time: z.number(),
  exp: z.number(),
});
const appClaims = sessionClaims.extend({ label: z.string() });
const handoffClaims = appClaims.extend({ jti: z.string(), path: z.string(), state: z.string() });

/** Who is signed in, in one browser. Times are seconds since the epoch. */
export type Session = Readonly<z.infer<typeof sessionClaims>>;
/** The part of a session that is good for one workspace host alone. */
export type AppSession = Readonly<z.infer<typeof appClaims>>;
/** A one-time ticket from the portal's host to a workspace's host. */
export type Handoff = Readonly<z.infer<typeof handoffClaims>>;

const PORTAL = "guildnet-portal";
const APP = "guildnet-app";
const HANDOFF = "guildnet-handoff";

/** Sessions as signed tokens (JWT, HS256), so that they outlive a restart of the portal; so do sign-outs, which are written down. */
export class Sessions {
  readonly #key: Uint8Array;
  readonly #now: () => number;
  readonly #signOuts: SignOuts;
  readonly #usedHandoffs: OneTimeRegister;
  readonly #verified = new Map<string, unknown>();
  readonly #events = new EventEmitter<{ revoked: [string] }>();

  /** @param now seconds since the epoch, with fractions */
  constructor(key: Uint8Array, now: () => number, signOuts: SignOuts) {
    this.#key = key;
    this.#now = now;
    this.#signOuts = signOuts;
    this.#usedHandoffs = new OneTimeRegister(now);
  }

  begin(handle: string): Session {
    const now = this.#now();
    return { sub: handle, sid: randomUUID(), auth_time: now, exp: now + IDLE_SECONDS };
  }

  /** The same session with a later end, once half of its idle time is over; undefined while that is not so. */
  renewed<S extends Session>(session: S): S | undefined {
    const exp = Math.min(this.#now() + IDLE_SECONDS, session.auth_time + LONGEST_SECONDS);
    return exp - session.exp > IDLE_SECONDS / 2 ? { ...session, exp } : undefined;
  }

  secondsLeft(session: Session): number {
    return Math.max(0, Math.floor(session.exp - this.#now()));
  }

  portalToken(session: Session): Promise<string> {
    return this.#sign(PORTAL, session);
  }

  appToken(session: AppSession): Promise<string> {
    return this.#sign(APP, session);
  }

  /** @returns undefined for no, a foreign, an expired or a signed-out token */
  portalSession(token: string | undefined): Promise<Session | undefined> {
    return this.#read(PORTAL, sessionClaims, token);
  }

  /** @returns undefined also where the token was made for another host */
  async appSession(token: string | undefined, label: string): Promise<AppSession | undefined> {
    const session = await this.#read(APP, appClaims, token);
    return session?.label === label ? session : undefined;
  }

  /**
   * A ticket for a workspace's host, good once and for 30 seconds.
   * @param state what the browser that asked keeps in a cookie of that host, so that nobody can sign another's browser in
   */
  handoffToken(session: Session, label: string, path: string, state: string): Promise<string> {
    const exp = Math.min(this.#now() + HANDOFF_SECONDS, session.exp);
    return this.#sign(HANDOFF, { ...session, exp, label, path, state, jti: randomUUID() });
  }

  /** @returns undefined where the ticket is not for this host and browser, is too old, or was used */
  async redeemHandoff(token: string | undefined, label: string, state: string | undefined): Promise<Handoff | undefined> {
    const handoff = await this.#read(HANDOFF, handoffClaims, token);
    if (handoff?.label !== label || handoff.state !== state) return undefined;
    return this.#usedHandoffs.use(handoff.jti, handoff.exp) ? handoff : undefined;
  }

  /** The session a redeemed ticket opens on its host. */
  appSessionOf({ sub, sid, auth_time, label }: Handoff): AppSession {
    return { sub, sid, auth_time, label, exp: Math.min(this.#now() + IDLE_SECONDS, auth_time + LONGEST_SECONDS) };
  }

  /** Ends the session at once; resolves once that is sure to outlive this process. */
  async signOut(session: Session): Promise<void> {
    const kept = this.#signOuts.add(session.sid, session.auth_time + LONGEST_SECONDS);
    this.#events.emit("revoked", session.sid);
    await kept;
  }

  onSignOut(listener: (sid: string) => void): void {
    this.#events.on("revoked", listener);
  }

  #sign<S extends Session>(audience: string, claims: S): Promise<string> {
    return new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).setAudience(audience).sign(this.#key);
  }

  async #read<S extends Session>(audience: string, schema: z.ZodType<S>, token: string | undefined): Promise<S | undefined> {
    if (!token) return undefined;
    const claims = await this.#claims(audience, schema, token);
    return claims && claims.exp > this.#now() && !this.#signOuts.has(claims.sid) ? claims : undefined;
  }

  /** Signatures are checked once per token: a proxied page makes hundreds of requests with the same one. */
  async #claims<S extends Session>(audience: string, schema: z.ZodType<S>, token: string): Promise<S | undefined> {
    const cacheKey = `${audience} ${token}`;
    const known = this.#verified.get(cacheKey);
    if (known !== undefined) return known as S;
    const claims = await this.#verify(audience, schema, token);
    if (claims) this.#remember(cacheKey, claims);
    return claims;
  }

  async #verify<S extends Session>(audience: string, schema: z.ZodType<S>, token: string): Promise<S | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { algorithms: ["HS256"], audience, currentDate: new Date(this.#now() * 1000) });
      return schema.parse(payload);
    } catch {
      // Not told apart on purpose: whatever is wrong with a cookie, the person is signed out.
      return undefined;
    }
  }

  #remember(cacheKey: string, claims: unknown): void {
    const oldest = this.#verified.size >= REMEMBERED_TOKENS ? this.#verified.keys().next().value : undefined;
    if (oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(cacheKey, claims);
  }
}
