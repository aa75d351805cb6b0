import { once } from "node:events";
import { readFile } from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface NewsOptions {
  /** As git has it. */
  readonly remote: string;
  /** File of `git credential-store` with the token for it. */
  readonly credentials?: string;
  /** File of the authority that the server's certificate is from. @default those that every machine trusts */
  readonly authority?: string;
  /** The server's commit, as last seen. */
  seen(): Promise<string | undefined>;
  /** The server is at another commit, or answers again after it hadn't. */
  onNews(): Promise<unknown>;
  readonly signal: AbortSignal;
  /** @default 2000 */
  readonly pauseMs?: number;
}

/** Longer than the server waits. */
const LONGEST_MS = 75_000;
const LONGEST_PAUSE_MS = 30_000;

/** Waits for news at the server, until told to end. */
export async function waitForNews({
  remote,
  credentials,
  authority,
  seen,
  onNews,
  signal,
  pauseMs = 2_000,
}: NewsOptions): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const since = (await seen()) ?? "";
      const { head } = await ask(new URL(`${remote}/changes?since=${since}`), {
        headers: await authorization(credentials),
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
        ca: authority === undefined ? undefined : await readFile(authority),
      });
      const isBack = failures > 0;
      failures = 0;
      if ((head ?? "") === since && !isBack) continue;
      await onNews();
      // Nobody could take it yet: not at once again.
      if ((head ?? "") !== ((await seen()) ?? "")) await sleep(pauseMs, undefined, { signal });
    } catch {
      failures += 1;
      await sleep(Math.min(pauseMs * failures, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
    }
  }
}

interface Asking {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly ca: Buffer | undefined;
}

/** `fetch` would read all authorities that every machine trusts, for the one that is: half of what this program has in memory. */
async function ask(url: URL, { headers, signal, ca }: Asking): Promise<{ head?: string | null }> {
  const request =
    url.protocol === "https:"
      ? https.get(url, { headers, signal, ...(ca && { ca }) })
      : http.get(url, { headers, signal });
  // What breaks later is told by the answer, and must not end this program.
  request.on("error", () => undefined);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  if (response.statusCode !== 200) {
    response.resume();
    throw new Error(`the server answered ${response.statusCode}`);
  }
  return (await json(response)) as { head?: string | null };
}

async function authorization(credentials: string | undefined): Promise<Record<string, string>> {
  if (credentials === undefined) return {};
  const { username, password } = new URL((await readFile(credentials, "utf8")).trim());
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return { authorization: `Basic ${basic}` };
}
