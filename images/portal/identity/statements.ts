import { SignJWT } from "jose";
import type { SystemPages } from "../guild/system-pages.ts";
import type { AppSession } from "./sessions.ts";

/** By which a system is told who is signed in. Nobody else can say it: what a browser sends below `x-guildnet-` goes no further. */
export const IDENTITY_HEADER = "x-guildnet-identity";

/** It is made for one request. */
const SECONDS = 30;

/** Tells systems who is signed in, each by its own key and in words that are for it alone. A workspace and an app are told nothing. */
export class Statements {
  readonly #pages: ReadonlyMap<string, SystemPages>;
  readonly #now: () => number;

  /** @param now seconds since the epoch, with fractions */
  constructor(pages: readonly SystemPages[], now: () => number) {
    this.#pages = new Map(pages.map((each) => [each.label, each]));
    this.#now = now;
  }

  /** @param id of what is asked. @returns undefined where that is no system, or nobody is signed in */
  async of(id: string, session: AppSession | undefined): Promise<string | undefined> {
    const pages = this.#pages.get(id);
    if (pages === undefined || session === undefined) return undefined;
    const iat = Math.floor(this.#now());
    return await new SignJWT({ sub: session.sub, aud: pages.audience, iat, exp: iat + SECONDS })
      .setProtectedHeader({ alg: "HS256" })
      .sign(pages.key);
  }
}
