import { errors, jwtVerify } from "jose";
import { z } from "zod";
import { HANDLE } from "../../pod/names.ts";
import { PortalError } from "../entrance/errors.ts";
import { OneTimeRegister } from "./one-time.ts";
import type { SignOuts } from "./sign-outs.ts";

const AUDIENCE = "guildnet-sign-in";
const LONGEST_LIFE_SECONDS = 15 * 60;
const CLOCK_SKEW_SECONDS = 30;

const linkClaims = z.object({
  sub: z.string().regex(HANDLE),
  jti: z.string().min(1).max(200),
  iat: z.number(),
  exp: z.number(),
});

export interface SignInLink {
  readonly handle: string;
  readonly id: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * One-time sign-in links: JWTs (HS256) that whoever holds the sign-in key mints.
 * Used links are remembered in memory; that is enough, because a link made before this portal started is refused.
 */
export class SignInLinks {
  readonly #key: Uint8Array;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #used: OneTimeRegister;
  readonly #signOuts: SignOuts;

  /** @param now seconds since the epoch, with fractions */
  constructor(key: Uint8Array, now: () => number, signOuts: SignOuts) {
    this.#key = key;
    this.#signOuts = signOuts;
    this.#now = now;
    this.#startedAt = now();
    this.#used = new OneTimeRegister(now);
  }

  /**
   * Checks a link without using it up.
   * @throws {PortalError} `link_invalid`, `link_expired`, `link_too_old`, `link_ended` or `link_used`
   */
  async check(token: string): Promise<SignInLink> {
    const claims = await this.#verified(token);
    if (claims.exp - claims.iat > LONGEST_LIFE_SECONDS || claims.iat > this.#now() + CLOCK_SKEW_SECONDS)
      throw invalid();
    if (this.#now() < this.#startedAt - CLOCK_SKEW_SECONDS) {
      throw new PortalError(
        503,
        "clock_set_back",
        "The clock of the portal's machine was set back, so that used links can't be told from new ones. Restart the portal, or wait until the clock has caught up.",
      );
    }
    if (claims.iat < this.#startedAt) {
      throw new PortalError(
        401,
        "link_too_old",
        "This sign-in link was made before the portal last started. Ask for a new one.",
      );
    }
    if (this.#signOuts.endedSince(claims.sub, claims.iat)) {
      throw new PortalError(
        401,
        "link_ended",
        `This sign-in link was made before all sessions of ${claims.sub} were ended. Ask for a new one.`,
      );
    }
    if (this.#used.has(claims.jti)) throw alreadyUsed();
    return { handle: claims.sub, id: claims.jti, expiresAt: claims.exp };
  }

  /** Uses a checked link up. @throws {PortalError} `link_used` where another request was faster */
  use(link: SignInLink): void {
    if (!this.#used.use(link.id, link.expiresAt)) throw alreadyUsed();
  }

  async #verified(token: string): Promise<z.infer<typeof linkClaims>> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        audience: AUDIENCE,
        requiredClaims: ["sub", "jti", "iat", "exp"],
        currentDate: new Date(this.#now() * 1000),
      });
      return linkClaims.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new PortalError(
          401,
          "link_expired",
          "This sign-in link has expired. Links last for 15 minutes at most; ask for a new one.",
        );
      }
      throw invalid();
    }
  }
}

function invalid(): PortalError {
  return new PortalError(401, "link_invalid", "This is not a sign-in link of this portal. Was it copied whole?");
}

function alreadyUsed(): PortalError {
  return new PortalError(401, "link_used", "This sign-in link was used already. Each works once; ask for a new one.");
}
