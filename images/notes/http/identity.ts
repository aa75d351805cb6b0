import { jwtVerify } from "jose";
import { z } from "zod";
import { HANDLE } from "../../pod/names.ts";

/** By which the portal's entrance says who is signed in, on each request that it passes on. */
export const IDENTITY_HEADER = "x-guildnet-identity";
/** What such a statement is for. One for another system is none for this. */
export const AUDIENCE = "guildnet-notes";
/** It is made for one request: what somebody sees of it is soon worth nothing. */
const LONGEST_SECONDS = 60;

const claims = z.object({ sub: z.string().regex(HANDLE), exp: z.number(), iat: z.number() });

/** Reads who asks. */
export interface Identities {
  /** @returns undefined for no statement, or one that isn't the portal's, is too old, or is for another */
  handleOf(header: string | string[] | undefined): Promise<string | undefined>;
}

/**
 * Statements are signed (JWT, HS256) with a key that the portal and this server alone have: whoever reaches the server
 * some other way can say nothing that is believed.
 * @param now seconds since the epoch
 */
export function signedIdentities(key: Uint8Array, now: () => number = () => Date.now() / 1000): Identities {
  if (key.length < 32) throw new Error("the key of identities needs 32 bytes at least");
  return {
    async handleOf(header) {
      if (typeof header !== "string") return undefined;
      try {
        const { payload } = await jwtVerify(header, key, {
          algorithms: ["HS256"],
          audience: AUDIENCE,
          currentDate: new Date(now() * 1000),
          clockTolerance: 5,
        });
        const { sub, exp, iat } = claims.parse(payload);
        return exp - iat <= LONGEST_SECONDS ? sub : undefined;
      } catch {
        // Not told apart on purpose: whatever is wrong with it, nobody is signed in.
        return undefined;
      }
    },
  };
}
