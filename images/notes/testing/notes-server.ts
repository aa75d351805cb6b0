import type { AddressInfo } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SignJWT } from "jose";
import { onTestFinished } from "vitest";
import { createLog } from "../../pod/logging.ts";
import { AUDIENCE, IDENTITY_HEADER, signedIdentities } from "../http/identity.ts";
import { notesApp } from "../http/notes-app.ts";
import { digest, tokensOfFile, type Bearer } from "../http/tokens.ts";
import { Vaults, type VaultsOptions } from "../http/vaults.ts";
import { scratchFolder } from "./scratch.ts";

export const KEY = Buffer.alloc(32, 7);

/** The notes' server on loopback, and the portal that names people to it. */
export interface NotesServer {
  readonly port: number;
  readonly folder: string;
  /** All that it logged. */
  log(): string;
  stop(): Promise<void>;
  /** Gives workspaces other tokens. */
  setTokens(tokens: Readonly<Record<string, Bearer>>): Promise<void>;
  ask(
    handle: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** JSON, or text. */
  readonly body: unknown;
}

/** What the portal says of who is signed in. */
export async function statement(
  sub: string,
  claims: { aud?: string; iat?: number; exp?: number } = {},
  key: Uint8Array = KEY,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({ sub, aud: AUDIENCE, iat: now, exp: now + 30, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(key);
}

/** @param options a folder and a port are those of a server that was stopped */
export async function startNotes(
  options: Partial<VaultsOptions> & { readonly port?: number } = {},
): Promise<NotesServer> {
  const folder = options.folder ?? (await scratchFolder());
  const lines: string[] = [];
  const { port: wanted = 0, ...rest } = options;
  const vaults = new Vaults({ quietMs: 50, longestMs: 200, ...rest, folder });
  const tokensFile = join(folder, "tokens.json");
  await writeFile(tokensFile, "[]");
  const app = await notesApp({
    vaults,
    identities: signedIdentities(KEY),
    tokens: tokensOfFile(tokensFile),
    guildName: "Test guild",
    log: createLog("trace", { write: (line) => void lines.push(line) }),
  });
  await app.listen({ host: "127.0.0.1", port: wanted });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= app.close().then(() => vaults.close()));
  onTestFinished(stop);
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    folder,
    log: () => lines.join(""),
    stop,
    setTokens: (tokens) => {
      const entries = Object.entries(tokens).map(([token, bearer]) => ({ ...bearer, sha256: digest(token) }));
      return writeFile(tokensFile, JSON.stringify(entries));
    },
    ask: async (handle, method, path, body, headers = {}) => {
      const said: Record<string, string> = handle === undefined ? {} : { [IDENTITY_HEADER]: await statement(handle) };
      const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...said, ...json, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
      return { status: answer.status, headers: answer.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
    },
  };
}
