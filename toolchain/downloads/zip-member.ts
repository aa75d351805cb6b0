import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";
import { UserError } from "../errors.ts";

/**
 * Writes one file of a zip archive.
 * @throws UserError `member-missing`, `archive-unreadable`
 */
export async function zipMember(archive: string, member: string, to: string): Promise<void> {
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw new UserError("archive-unreadable", `${archive} is no zip archive: ${(error as Error).message}`);
  });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== member) continue;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(to));
      return;
    }
  } finally {
    zip.close();
  }
  throw new UserError("member-missing", `${archive} has no file ${member}`);
}
