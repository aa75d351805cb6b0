import { randomBytes, randomUUID } from "node:crypto";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { SignJWT } from "jose";
import { WebSocket, type ClientOptions } from "ws";
import { createLog } from "../../pod/logging.ts";
import { testCertificate, type TestCertificate } from "../../pod/testing/certificates.ts";
import { readConfig } from "../config.ts";
import { PAGES } from "../entrance/pages.ts";
import type { Timeouts } from "../entrance/request-body.ts";
import type { MemoryEventBus } from "../guild/event-feed.ts";
import { MemoryMachine } from "../guild/machine.ts";
import type { MemoryPublications } from "../guild/publications.ts";
import type { SystemPages } from "../guild/system-pages.ts";
import type { MemorySystems } from "../guild/systems.ts";
import type { WorkspaceEventBus } from "../guild/workspace-events.ts";
import { MemoryWorkspaces } from "../guild/memory-workspaces.ts";
import { MemoryMembers } from "../identity/members.ts";
import { MemorySignOuts, type SignOutStore } from "../identity/sign-outs.ts";
import { startPortal, type Portal } from "../portal.ts";
import { docsOf, type DocPage } from "../tools/docs.ts";

export const ORIGIN = "https://guild.test:8090";
export const PORTAL_HOST = "guild.test:8090";
export const appHost = (label: string): string => `${label}.apps.guild.test:8090`;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  json(): Record<string, unknown>;
}

export interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** A real portal on loopback, with workspaces in memory, a clock to turn, and clients that name any host they like. */
export interface Harness {
  readonly portal: Portal;
  readonly workspaces: MemoryWorkspaces;
  /** What workspaces' tokens are made with. */
  readonly workspacesKey: Uint8Array;
  readonly certificate: TestCertificate;
  readonly logLines: string[];
  /** Moves the portal's clock on. */
  advance(seconds: number): void;
  now(): number;
  link(handle: string, claims?: Record<string, unknown>, key?: Uint8Array): Promise<string>;
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** The answer's head, with the body still streaming. */
  open(path: string, ask?: Ask): Promise<IncomingMessage>;
  /** @returns the Cookie header of a signed-in person on the portal */
  signedIn(handle: string): Promise<string>;
  /** @returns the Cookie header of a signed-in owner on a workspace's host */
  entered(handle: string, label: string): Promise<string>;
  webSocket(path: string, label: string, headers?: Record<string, string>, options?: ClientOptions): WebSocket;
  raw(): Promise<TLSSocket>;
  /** Ends the portal and removes what lies on the disk for it. */
  close(graceMs?: number): Promise<void>;
}

export interface HarnessParts {
  /** What portals share that take each other's place. @default none of each */
  readonly sessionKey?: Uint8Array;
  readonly signOuts?: SignOutStore;
  readonly members?: MemoryMembers;
  readonly machine?: MemoryMachine;
  readonly systems?: MemorySystems;
  readonly events?: MemoryEventBus;
  readonly publications?: MemoryPublications;
  readonly pages?: readonly SystemPages[];
  readonly workspaceEvents?: WorkspaceEventBus;
  readonly docs?: readonly DocPage[];
  readonly timeouts?: Partial<Timeouts>;
}

export async function startHarness(
  env: Record<string, string> = {},
  {
    sessionKey = randomBytes(32),
    signOuts = new MemorySignOuts(),
    members = new MemoryMembers(["alice", "bob", "root"]),
    machine = new MemoryMachine(),
    systems,
    events,
    publications,
    pages,
    workspaceEvents,
    docs = [],
    timeouts,
  }: HarnessParts = {},
): Promise<Harness> {
  const certificate = await testCertificate(["guild.test", "*.apps.guild.test"]);
  const workspaces = new MemoryWorkspaces();
  const logLines: string[] = [];
  const [signInKey, workspacesKey] = [randomBytes(32), randomBytes(32)];
  let offset = 0;
  const now = (): number => Date.now() / 1000 + offset;
  const config = readConfig({
    GUILDNET_ORIGIN: ORIGIN,
    GUILDNET_APPS_DOMAIN: "apps.guild.test",
    GUILDNET_LISTEN: "127.0.0.1:0",
    GUILDNET_HEALTH_LISTEN: "127.0.0.1:0",
    GUILDNET_TLS_DIR: certificate.directory,
    GUILDNET_PUBLISHED_TLS_DIR: certificate.directory,
    GUILDNET_TOOLS_TLS_DIR: certificate.directory,
    GUILDNET_LOG_LEVEL: "trace",
    ...env,
  });
  const uiDirectory = await stubPages();
  const portal = await startPortal({
    config,
    keys: { session: sessionKey, signIn: signInKey, workspaces: workspacesKey },
    directory: workspaces,
    access: workspaces,
    signOuts,
    members,
    machine,
    systems,
    events,
    publications,
    pages,
    workspaceEvents,
    docs: () => Promise.resolve(docsOf(docs)),
    uiDirectory,
    now,
    certificatePollMs: 20,
    timeouts,
    log: createLog(config.logLevel, { write: (line) => void logLines.push(line) }),
  });
  const { port } = portal.address;

  const connection = {
    hostname: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    servername: "guild.test",
    agent: false as const,
    maxHeaderSize: 512 * 1024,
  };
  const open: Harness["open"] = (path, { method = "GET", host = PORTAL_HOST, headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const request = httpsRequest({ ...connection, path, method, headers: { host, ...headers } }, resolve);
      request.once("error", reject);
      request.end(body);
    });
  const ask: Harness["ask"] = async (path, options) => {
    const response = await open(path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body,
      json: () => JSON.parse(body) as Record<string, unknown>,
    };
  };
  const link: Harness["link"] = (handle, claims = {}, key = signInKey) => {
    const all = { sub: handle, aud: "guildnet-sign-in", jti: randomUUID(), iat: now(), exp: now() + 600, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: "HS256" }).sign(key);
  };
  const signedIn: Harness["signedIn"] = async (handle) => {
    const answer = await ask("/api/sign-in", signInWith(await link(handle)));
    return cookiesOf(answer);
  };
  const entered: Harness["entered"] = async (handle, label) => {
    const first = await ask("/", { host: appHost(label), headers: { accept: "text/html" } });
    const nonce = cookiesOf(first);
    const ticket = await ask(pathOf(first.headers.location), { headers: { cookie: await signedIn(handle) } });
    const landed = await ask(pathOf(ticket.headers.location), { host: appHost(label), headers: { cookie: nonce } });
    return cookiesOf(landed);
  };
  return {
    portal,
    workspaces,
    workspacesKey,
    certificate,
    logLines,
    now,
    link,
    ask,
    open,
    signedIn,
    entered,
    advance: (seconds) => void (offset += seconds),
    webSocket: (path, label, headers = {}, options = {}) =>
      new WebSocket(`wss://127.0.0.1:${port}${path}`, {
        rejectUnauthorized: false,
        origin: `https://${appHost(label)}`,
        ...options,
        headers: { host: appHost(label), ...headers },
      }),
    raw: () =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, servername: "guild.test" }, () =>
          resolve(socket),
        );
        socket.once("error", reject);
      }),
    close: async (graceMs = 0) => {
      await portal.close(graceMs);
      await Promise.all([certificate.remove(), rm(uiDirectory, { recursive: true })]);
    },
  };
}

/** A sign-in as the portal's own page sends it. */
export function signInWith(token: string, extra: object = {}): Ask {
  return {
    method: "POST",
    headers: { "content-type": "application/json", "x-guildnet-request": "1", origin: ORIGIN },
    body: JSON.stringify({ token, ...extra }),
  };
}

/** The Cookie header a browser would send after this answer. */
export function cookiesOf({ headers }: Answer): string {
  return (headers["set-cookie"] ?? []).map((line) => line.split(";", 1)[0]).join("; ");
}

export function pathOf(location: string | undefined): string {
  const { pathname, search } = new URL(location ?? "", ORIGIN);
  return pathname + search;
}

async function stubPages(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "guildnet-portal-ui-"));
  await mkdir(join(directory, "assets"));
  await writeFile(join(directory, PAGES.portal), "<title>portal page</title>");
  await writeFile(join(directory, PAGES.waiting), "<title>waiting page</title>");
  await copyFile(new URL("../ui/error.html", import.meta.url), join(directory, PAGES.error));
  await writeFile(join(directory, "assets/app.js"), "export {};");
  return directory;
}
