import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What a repository takes: whoever pushes what doesn't go on from what is there merges first, and nothing is ever taken back. */
const SETTINGS: Readonly<Record<string, string>> = {
  "http.receivepack": "true",
  "receive.denyNonFastForwards": "true",
  "receive.denyDeletes": "true",
  "receive.fsckObjects": "true",
  "receive.maxInputSize": "512m",
  "core.bigFileThreshold": "1m",
  "pack.threads": "1",
  "pack.windowMemory": "16m",
};

export const BRANCH = "main";

/** A question for news is answered after this, whatever there is; proxies end what is silent for a minute. */
const LONGEST_WAIT_MS = 50_000;
const LOOK_MS = 250;

/**
 * Makes a repository that others push to, or has one that is there do what it should. At once: who opens a vault needs
 * it. Nobody is at work in it by then: a lock was left by one that was killed, and would refuse all pushes from here on.
 */
export function ensureBareRepository(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const refs = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.startsWith("refs/"));
  for (const path of [...refs, "HEAD.lock", "packed-refs.lock", "config.lock"])
    if (path.endsWith(".lock")) rmSync(join(folder, path), { force: true });
  const env = { PATH: process.env["PATH"], HOME: "/", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const git = (...args: string[]) => execFileSync("git", ["--git-dir", folder, ...args], { env, stdio: "pipe" });
  git("init", "--quiet", "--bare", `--initial-branch=${BRANCH}`);
  for (const [key, value] of Object.entries(SETTINGS)) git("config", "--local", key, value);
}

/** Who asks, and for what. */
export interface Admitted {
  /** The repository's, as in `/git/<name>.git`. */
  readonly name: string;
  /** The repository's folder. */
  readonly folder: string;
  /** Of the person, for git's own record. */
  readonly person: string;
}

export interface GitHttpOptions {
  /** @param name as in `/git/<name>.git` @returns "unknown" whom nobody knows; undefined where there is none for them */
  admit(request: IncomingMessage, name: string): Promise<Admitted | "unknown" | undefined>;
  /** Somebody pushed, or tried to. */
  readonly onPush?: (admitted: Admitted) => void;
  readonly onError?: (error: unknown) => void;
}

const SERVICES = new Set(["/info/refs", "/git-upload-pack", "/git-receive-pack"]);

/**
 * Git's "smart HTTP" by git's own program (https://git-scm.com/docs/git-http-backend), below `/git/`; and beside it, at
 * `/git/<name>.git/changes?since=<commit>`, an answer once the branch is at another commit.
 * @returns whether the request was for it
 */
export function gitHttp(
  options: GitHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const heads = new Heads();
  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://guild");
    if (!url.pathname.startsWith("/git/")) return false;
    try {
      const [, name, path] = /^\/git\/(~?[a-z0-9][a-z0-9._-]*)\.git(\/[a-z/-]+)$/.exec(url.pathname) ?? [];
      if (name === undefined || path === undefined) return refuse(response, 404, "There is no such vault.");
      const admitted = await options.admit(request, name);
      if (admitted === "unknown") {
        response.setHeader("www-authenticate", 'Basic realm="notes", charset="UTF-8"');
        return refuse(response, 401, "This takes the token of a workspace.");
      }
      if (admitted === undefined) return refuse(response, 404, "There is no such vault.");
      if (path === "/changes" && request.method === "GET") await news(heads, admitted, url, response);
      else if (SERVICES.has(path)) {
        try {
          await backend(admitted, path, url, request, response);
        } finally {
          // Also where nobody heard that it was taken.
          if (path === "/git-receive-pack") options.onPush?.(admitted);
        }
      } else refuse(response, 404, "There is nothing of git's there.");
    } catch (error) {
      options.onError?.(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, "The server could not answer.");
    }
    return true;
  };
}

function refuse(response: ServerResponse, status: number, why: string): true {
  response
    .writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
    .end(`${why}\n`);
  return true;
}

async function backend(
  { folder, person }: Admitted,
  path: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Whoever has gone by now is not told of any more, and their request would never end.
  if (response.destroyed) return;
  const header = (name: string): string => String(request.headers[name] ?? "");
  const child = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: "/",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_PROJECT_ROOT: dirname(folder),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${basename(folder)}${path}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      REMOTE_USER: person,
      CONTENT_TYPE: header("content-type"),
      GIT_PROTOCOL: header("git-protocol"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      ...(request.headers["content-length"] !== undefined && { CONTENT_LENGTH: header("content-length") }),
    },
  });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => void said.push(chunk));
  response.on("close", () => void (response.writableFinished || child.kill()));
  const ended = once(child, "close");
  // It may end before it has read everything.
  request.on("error", () => child.kill());
  child.stdin.on("error", () => request.unpipe(child.stdin).resume());
  request.pipe(child.stdin);
  // Both at once: a git that can't be started says so while nothing comes of it.
  const [[code]] = (await Promise.all([ended, answer(child.stdout, response)])) as [[number | null], void];
  if (code !== 0 && !response.destroyed && said.length > 0) {
    throw new Error(`git http-backend ended with ${code}: ${Buffer.concat(said).toString("utf8").trim().slice(-500)}`);
  }
}

/** A CGI program's answer: headers as lines, an empty line, what it says. */
async function answer(output: Readable, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for (let end = -1; end < 0;) {
    const chunk = output.read() as Buffer | null;
    if (chunk === null) {
      if (!output.readable) throw new Error("git http-backend said nothing");
      await Promise.race([once(output, "readable"), once(output, "end"), once(output, "close")]);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    let status = 200;
    for (const line of head.subarray(0, end).toString("latin1").split("\r\n")) {
      const colon = line.indexOf(":");
      const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      if (name === "status") status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status);
    response.write(head.subarray(end + 4));
  }
  await pipeline(output, response);
}

async function news(heads: Heads, { folder }: Admitted, url: URL, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const head = await heads.other(folder, url.searchParams.get("since") ?? "", gone.signal);
  if (gone.signal.aborted) return;
  response
    .writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify({ head: head ?? null }));
}

/** Who waits for branches to move. Their files are looked at: whoever moves one, by whatever way, it is seen. */
class Heads {
  /** By the folder: how to tell each, and where the branch was when it began to wait. */
  readonly #waiting = new Map<string, Map<() => void, string | undefined>>();

  /** @returns where the branch is, at once if it isn't at `since`, else when it moves or after a while; undefined before its first commit */
  async other(folder: string, since: string, signal: AbortSignal): Promise<string | undefined> {
    const until = Date.now() + LONGEST_WAIT_MS;
    for (;;) {
      const head = await headOf(folder);
      if ((head ?? "") !== since || Date.now() >= until || signal.aborted) return head;
      await this.#moved(folder, head, until, signal);
    }
  }

  /** One look for all who wait for the same. */
  async #moved(folder: string, head: string | undefined, until: number, signal: AbortSignal): Promise<void> {
    const isLookedAt = this.#waiting.has(folder);
    const waiting = this.#waiting.get(folder) ?? new Map<() => void, string | undefined>();
    this.#waiting.set(folder, waiting);
    const moved = new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.max(0, until - Date.now()));
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      }
      waiting.set(done, head);
      signal.addEventListener("abort", done);
    });
    if (!isLookedAt) void this.#look(folder, waiting);
    await moved;
  }

  async #look(folder: string, waiting: Map<() => void, string | undefined>): Promise<void> {
    while (waiting.size > 0) {
      await new Promise((resolve) => void setTimeout(resolve, LOOK_MS).unref());
      try {
        const now = await headOf(folder);
        for (const [tell, head] of waiting) if (head !== now) tell();
      } catch {
        // Who waits looks by themselves, and is told why it can't be read.
        for (const tell of waiting.keys()) tell();
      }
    }
    this.#waiting.delete(folder);
  }
}

/** Read by hand, as a process each time is too much for a look. @returns undefined before the first commit */
export async function headOf(folder: string): Promise<string | undefined> {
  const ref = `refs/heads/${BRANCH}`;
  const text = async (name: string): Promise<string> => {
    try {
      return await readFile(join(folder, name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw error;
    }
  };
  const loose = /^[0-9a-f]{40}/.exec(await text(ref))?.[0];
  if (loose !== undefined) return loose;
  const packed = await text("packed-refs");
  return packed
    .split("\n")
    .find((line) => line.endsWith(` ${ref}`))
    ?.slice(0, 40);
}
