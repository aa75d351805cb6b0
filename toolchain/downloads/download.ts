import { createWriteStream, existsSync, rmSync, statSync } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { proxiedFetch } from "../proxied-fetch.ts";

const MEGABYTE = 1_000_000;

/** How often a download that broke is gone on with before it is given up, and the milliseconds before the first of these. */
const AGAIN = 4;
const PAUSE_MS = 500;

/** What another attempt may mend. */
class Broken extends Error {}

/**
 * Fetches a file into `partial`, where a download that broke before goes on.
 * @returns `partial`, which is whole then
 * @throws UserError `download-failed`
 */
export async function download(
  url: string,
  partial: string,
  report: (activity: string) => void,
  pauseMs = PAUSE_MS,
): Promise<string> {
  for (let failures = 0; ; failures++) {
    try {
      await attempt(url, partial, report);
      return partial;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const why = wordsOf(error);
      if (failures === AGAIN) throw new UserError("download-failed", `${url} can't be had: ${why}`, { cause: error });
      report(`the download broke (${why}); going on`);
      await wait(pauseMs * 2 ** failures);
    }
  }
}

async function attempt(url: string, partial: string, report: (activity: string) => void): Promise<void> {
  const have = existsSync(partial) ? statSync(partial).size : 0;
  // Compressed on its way it could not be gone on with.
  const headers = { "Accept-Encoding": "identity", ...(have > 0 && { Range: `bytes=${have}-` }) };
  const response = await proxiedFetch(url, { headers });
  const { status, body } = response;
  if (status === 416) {
    // Whole already, or of another file: its length tells, else it is fetched anew.
    if (totalOf(response) === have) return;
    rmSync(partial);
    throw new Broken("the server has another file by now");
  }
  if (status >= 500 || status === 429) throw new Broken(`the server answered ${status}`);
  if (!response.ok || body === null)
    throw new UserError("download-failed", `${url} answered ${status} ${response.statusText}`);
  const goesOn = status === 206;
  const start = goesOn ? have : 0,
    total = goesOn ? totalOf(response) : lengthOf(response);
  const counter = counted(start, total, report);
  await pipeline(
    Readable.fromWeb(body as ReadableStream),
    counter.stream,
    createWriteStream(partial, { flags: goesOn ? "a" : "w" }),
  );
  if (total !== undefined && counter.bytes() < total) throw new Broken("it ended early");
}

function counted(start: number, total: number | undefined, report: (activity: string) => void) {
  let bytes = start;
  const of = total === undefined ? "" : ` of ${Math.ceil(total / MEGABYTE)}`;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const before = Math.floor(bytes / MEGABYTE);
      bytes += chunk.length;
      if (Math.floor(bytes / MEGABYTE) > before) report(`downloading: ${Math.floor(bytes / MEGABYTE)}${of} MB`);
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
}

/** Of the whole file, where a part of it is given, or none: `bytes 5-9/10`, or an asterisk for the range. */
function totalOf({ headers }: Response): number | undefined {
  const total = headers.get("content-range")?.split("/")[1];
  return total === undefined || total === "*" ? undefined : Number(total);
}

function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/** `fetch` says "fetch failed", and why in the cause. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
