import { createHash, randomBytes, randomUUID } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { IDLE_SECONDS, LONGEST_SECONDS } from "./lifetimes.ts";
import type { Members } from "./members.ts";
import type { SignOuts } from "./sign-outs.ts";

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

/** Who is signed in, in one browser. Times are seconds since the epoch. */
export type Session = Readonly<z.infer<typeof sessionClaims>>;
/** The part of a session that is good for one workspace host alone. */
export type AppSession = Readonly<z.infer<typeof appClaims>>;
/** What a one-time ticket from the portal's host to a workspace's host stands for. */
export interface Handoff extends AppSession {
  /** Where on that host it leads. */
  readonly path: string;
  /** `handoffProof` of the browser that asked. */
  readonly proof: string;
}

const PORTAL = "guildnet-portal";
const APP = "guildnet-app";

/** Sessions as signed tokens (JWT, HS256), so that they outlive a restart of the portal; so do sign-outs, which are written down. */
export class Sessions {
  readonly #key: Uint8Array;
  readonly #now: () => number;
  readonly #signOuts: SignOuts;
  readonly #members: Members;
  /** In memory on purpose: the portal has one replica, and a way in that its restart cuts off is begun again. */
  readonly #handoffs = new Map<string, Handoff>();
  /** When each session ends that was used since the portal's start, by its id. */
  readonly #ends = new Map<string, number>();
  readonly #verified = new Map<string, unknown>();

  /** @param now seconds since the epoch, with fractions */
  constructor(key: Uint8Array, now: () => number, signOuts: SignOuts, members: Members) {
    this.#key = key;
    this.#now = now;
    this.#signOuts = signOuts;
    this.#members = members;
  }

  begin(handle: string): Session {
    const now = this.#now();
    return { sub: handle, sid: randomUUID(), auth_time: now, exp: now + IDLE_SECONDS };
  }

  /** A session is used by whatever happens in its name, be it on the portal, on a workspace's host or in a tunnel. */
  use({ sid, auth_time }: Session): number {
    const end = Math.min(this.#now() + IDLE_SECONDS, auth_time + LONGEST_SECONDS);
    if (!this.#ends.has(sid)) this.#forgetEnded();
    this.#ends.set(sid, end);
    return end;
  }

  /** Uses a session. @returns it with a later end for its cookie, once half of the idle time is over that the cookie tells of */
  renewed<S extends Session>(session: S): S | undefined {
    const exp = this.use(session);
    return exp - session.exp > IDLE_SECONDS / 2 ? { ...session, exp } : undefined;
  }

  /** When a session ends that nobody uses any more, in seconds since the epoch; now, where it has ended. */
  endOf(session: Session): number {
    const ended = this.#signOuts.has(session) || !this.#members.has(session.sub);
    return ended ? Math.min(session.exp, this.#now()) : Math.max(session.exp, this.#ends.get(session.sid) ?? -Infinity);
  }

  /** How long a browser keeps the cookie: until the session ends in any case. That it ended before is the portal's to know, as it sees the tunnels too. */
  cookieSeconds({ auth_time }: Session): number {
    return Math.max(0, Math.floor(auth_time + LONGEST_SECONDS - this.#now()));
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
   * A ticket for a workspace's host, good once and for 30 seconds. It says nothing: it travels in an address, which a
   * page's service worker gets to see.
   * @param proof `handoffProof` of what the browser that asked keeps in a cookie of that host, so that nobody can sign another's browser in
   */
  handoffTicket(session: Session, label: string, path: string, proof: string): string {
    for (const [known, { exp }] of this.#handoffs) if (exp <= this.#now()) this.#handoffs.delete(known);
    const ticket = randomBytes(32).toString("base64url");
    this.#handoffs.set(ticket, { ...session, exp: this.#now() + HANDOFF_SECONDS, label, path, proof });
    return ticket;
  }

  /**
   * Uses a ticket up, whoever shows it.
   * @param nonce what the browser keeps
   * @returns undefined where the ticket is not for this host and browser, is too old, or was used
   */
  redeemHandoff(ticket: string, label: string, nonce: string | undefined): Handoff | undefined {
    const handoff = this.#handoffs.get(ticket);
    this.#handoffs.delete(ticket);
    if (handoff?.label !== label || nonce === undefined || handoff.proof !== handoffProof(nonce)) return undefined;
    return handoff.exp > this.#now() && this.endOf(handoff) > this.#now() ? handoff : undefined;
  }

  /** The session a redeemed ticket opens on its host. */
  appSessionOf({ sub, sid, auth_time, label }: Handoff): AppSession {
    return { sub, sid, auth_time, label, exp: Math.min(this.#now() + IDLE_SECONDS, auth_time + LONGEST_SECONDS) };
  }

  /** Ends the session at once; resolves once that is sure to outlive this process. */
  async signOut(session: Session): Promise<void> {
    await this.#signOuts.add(session);
  }

  #forgetEnded(): void {
    for (const [sid, end] of this.#ends) if (end <= this.#now()) this.#ends.delete(sid);
  }

  #sign<S extends Session>(audience: string, claims: S): Promise<string> {
    return new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).setAudience(audience).sign(this.#key);
  }

  async #read<S extends Session>(
    audience: string,
    schema: z.ZodType<S>,
    token: string | undefined,
  ): Promise<S | undefined> {
    if (!token) return undefined;
    const claims = await this.#claims(audience, schema, token);
    return claims && this.endOf(claims) > this.#now() ? claims : undefined;
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
      // Whether it has ended is not for the token alone to say: see `endOf`.
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        audience,
        currentDate: new Date(0),
      });
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

/** What may be shown of a browser's nonce: the nonce itself stays in its cookie. */
export function handoffProof(nonce: string): string {
  return createHash("sha256").update(nonce).digest("base64url");
}
