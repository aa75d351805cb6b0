import { setTimeout as sleep } from "node:timers/promises";
import { readFile } from "node:fs/promises";

export interface NewsOptions {
  /** As git has it. */
  readonly remote: string;
  /** File of `git credential-store` with the token for it. */
  readonly credentials?: string;
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
  seen,
  onNews,
  signal,
  pauseMs = 2_000,
}: NewsOptions): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const since = (await seen()) ?? "";
      const response = await fetch(`${remote}/changes?since=${since}`, {
        headers: await authorization(credentials),
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
      });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const { head } = (await response.json()) as { head?: string | null };
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

async function authorization(credentials: string | undefined): Promise<Record<string, string>> {
  if (credentials === undefined) return {};
  const { username, password } = new URL((await readFile(credentials, "utf8")).trim());
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return { authorization: `Basic ${basic}` };
}
