import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old or the new content
 * and nothing between. What a crash leaves beside it is used up by the next write; one program
 * at a time writes below a folder.
 *
 * @returns whether the content changed.
 */
export async function writeAtomically(path: string, content: string, mode = 0o644): Promise<boolean> {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return false;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return true;
}
