import { execa } from "execa";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSIONS } from "../../toolchain/versions.ts";
import { programsOf } from "../support/programs.ts";

// What copies a volume that is in use, by the Node of the image that it runs in.

const folder = mkdtempSync(join(tmpdir(), "guildnet-volume-"));
const source = join(folder, "source"),
  bin = join(folder, "bin");
const program = join(import.meta.dirname, "../../images/portal/dist/volume-copy.mjs");
const node = (...args: string[]) => execa(join(bin, "node"), ["--no-warnings", ...args], { reject: false });

beforeAll(async () => {
  await programsOf(`docker.io/library/node:${VERSIONS.node.version}-bookworm-slim`, ["usr/local/bin/node"], bin);
}, 1_800_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes pairs of rows, each pair in a transaction of its own, until it is ended. */
const writer = `
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 5; CREATE TABLE pairs (number INTEGER, half TEXT, filler BLOB)");
  process.stdout.write("ready\\n");
  for (let number = 0; ; number++) {
    database.exec("BEGIN IMMEDIATE");
    for (const half of ["left", "right"]) database.prepare("INSERT INTO pairs VALUES (?, ?, randomblob(3000))").run(number, half);
    database.exec("COMMIT");
    await new Promise((resolve) => setImmediate(resolve));
  }`;

/** Prints how many pairs there are, how many halves without the other, and whether the file is sound. */
const reader = `
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  const [{ integrity_check }] = database.prepare("PRAGMA integrity_check").all();
  const [{ pairs }] = database.prepare("SELECT count(DISTINCT number) AS pairs FROM pairs").all();
  const [{ rows }] = database.prepare("SELECT count(*) AS rows FROM pairs").all();
  process.stdout.write(JSON.stringify({ integrity_check, pairs, lone: 2 * pairs - rows }));`;

describe("the copy of a volume", () => {
  test("has a database as of one moment while another program writes to it", async () => {
    mkdirSync(source);
    const writing = execa(
      join(bin, "node"),
      ["--no-warnings", "--input-type=module", "-e", writer, join(source, "db.sqlite")],
      { reject: false, buffer: false },
    );
    await once(writing.stdout, "data");
    let before = 0;
    for (const round of [1, 2, 3, 4, 5]) {
      const target = join(folder, `target-${round}`);
      mkdirSync(target);
      expect(await node(program, source, target)).toMatchObject({ exitCode: 0 });
      expect(existsSync(join(target, "db.sqlite-wal"))).toBe(false);
      const found = JSON.parse((await node("--input-type=module", "-e", reader, join(target, "db.sqlite"))).stdout) as {
        integrity_check: string;
        pairs: number;
        lone: number;
      };
      expect(found).toMatchObject({ integrity_check: "ok", lone: 0 });
      expect(found.pairs).toBeGreaterThan(before);
      before = found.pairs;
    }
    writing.kill();
    await writing;
  });

  test("has everything else as it is, but for what is not its owner's", async () => {
    const plain = join(folder, "plain"),
      target = join(folder, "plain-target");
    for (const path of [join(plain, "keys"), join(plain, "lost+found"), join(plain, ".before-restore-1"), target])
      mkdirSync(path, { recursive: true });
    writeFileSync(join(plain, "keys/private.key"), "secret", { mode: 0o600 });
    symlinkSync("keys/private.key", join(plain, "link"));
    writeFileSync(join(plain, "notes-wal"), "no log of a database");
    chmodSync(join(plain, "keys"), 0o750);
    expect(await node(program, plain, target)).toMatchObject({ exitCode: 0 });
    const { stdout } = await execa("sh", ["-c", "find . -mindepth 1 -exec stat -c '%a %F %n' {} + | sort -k3"], {
      cwd: target,
    });
    expect(stdout.split("\n").sort()).toEqual([
      "600 regular file ./keys/private.key",
      "644 regular file ./notes-wal",
      "750 directory ./keys",
      "777 symbolic link ./link",
    ]);
    expect(readFileSync(join(target, "link"), "utf8")).toBe("secret");
  });

  test("is refused where a database is damaged", async () => {
    const damaged = join(folder, "damaged"),
      target = join(folder, "damaged-target");
    for (const path of [damaged, target]) mkdirSync(path);
    writeFileSync(join(damaged, "db.sqlite"), "SQLite format 3\0 and nothing of the kind");
    const { exitCode, stderr } = await node(program, damaged, target);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("The volume can't be copied");
  });
});
