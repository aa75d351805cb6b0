import { chmod, copyFile, lstat, mkdir, open, readdir, readlink, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** First bytes of every SQLite database (https://www.sqlite.org/fileformat.html). */
const SQLITE = Buffer.from("SQLite format 3\0");
/** What a database in use has beside it; its copy has all of that in itself. */
const SIDE_FILES = ["-wal", "-shm", "-journal"];
/** Not the owner's own: the file system's, and what restores left. */
const EXCLUDED = /^(lost\+found|\.restoring|\.before-restore-.*)$/;

/**
 * Copies a volume that is in use: files as they are, SQLite databases as of one moment each.
 * Copied as files, a database and its log could be of different moments, and lost.
 * @throws where a copy isn't a sound database
 */
export async function copyVolume(source: string, target: string): Promise<void> {
  await copyFolder(source, target, (name) => !EXCLUDED.test(name));
}

async function copyFolder(source: string, target: string, wanted: (name: string) => boolean): Promise<void> {
  const names = (await readdir(source)).filter(wanted);
  const databases = new Set<string>();
  for (const name of names) if (await isDatabase(join(source, name))) databases.add(name);
  const beside = new Set([...databases].flatMap((name) => SIDE_FILES.map((suffix) => name + suffix)));
  for (const name of names.filter((each) => !beside.has(each))) {
    const from = join(source, name),
      to = join(target, name),
      stats = await lstat(from);
    if (stats.isSymbolicLink()) {
      await symlink(await readlink(from), to);
      continue;
    }
    if (stats.isDirectory()) {
      await mkdir(to, { recursive: true });
      await copyFolder(from, to, () => true);
    } else if (databases.has(name)) copyDatabase(from, to);
    else if (stats.isFile()) await copyFile(from, to);
    else continue; // a socket or the like, which its program makes anew
    await chmod(to, stats.mode & 0o7777);
    await utimes(to, stats.atime, stats.mtime);
  }
}

async function isDatabase(path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SQLITE.length), 0, SQLITE.length, 0);
    return bytesRead === SQLITE.length && buffer.equals(SQLITE);
  } finally {
    await file.close();
  }
}

function copyDatabase(source: string, target: string): void {
  withOpen(new DatabaseSync(source, { readOnly: true }), (database) => {
    database.prepare("PRAGMA busy_timeout = 10000").all();
    // Within one read transaction, with what stands in the log; writers go on meanwhile.
    database.prepare("VACUUM INTO ?").run(target);
  });
  withOpen(new DatabaseSync(target, { readOnly: true }), (copy) => {
    const [first] = copy.prepare("PRAGMA integrity_check").all() as { integrity_check: string }[];
    if (first?.integrity_check !== "ok") throw new Error(`the copy of ${source} is damaged: ${first?.integrity_check}`);
  });
}

function withOpen(database: DatabaseSync, work: (database: DatabaseSync) => void): void {
  try {
    work(database);
  } finally {
    database.close();
  }
}
