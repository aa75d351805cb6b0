import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { HANDLE, WORKSPACE_ID } from "../../pod/names.ts";

/** Whose token it is. */
export interface Bearer {
  readonly workspace: string;
  /** Who owns the workspace, and so the vault that it sees beside the guild's. */
  readonly owner: string;
}

export interface Tokens {
  /** @returns undefined where no workspace has this token */
  bearerOf(token: string): Promise<Bearer | undefined>;
}

const entries = z.array(
  z.strictObject({
    workspace: z.string().regex(WORKSPACE_ID),
    owner: z.string().regex(HANDLE),
    /** Of the token, in hex: who reads the file has no token. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? "")?.[1];
}

export function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Tokens of a mounted file, which is read anew when it is another: a rerun rotates them, and nothing is restarted. */
export function tokensOfFile(path: string): Tokens {
  let known = new Map<string, Bearer>();
  let seen = "";
  return {
    async bearerOf(token) {
      const { mtimeMs, ino } = await stat(path);
      const stamp = `${mtimeMs} ${ino}`;
      if (stamp !== seen) {
        const read = entries.parse(JSON.parse(await readFile(path, "utf8")));
        known = new Map(read.map(({ sha256, workspace, owner }) => [sha256, { workspace, owner }]));
        seen = stamp;
      }
      // By its digest: how long that takes tells nothing of the token.
      return known.get(digest(token));
    },
  };
}
