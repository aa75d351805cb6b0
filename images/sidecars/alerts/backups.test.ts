import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { BackupTeller } from "./backups.ts";
import type { BackupNews } from "./backups.ts";

const at = (hour: number, minute = 0) => new Date(Date.UTC(2026, 10, 29, hour, minute));
let file = "",
  said: BackupNews[] = [];
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "guildnet-backups-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  file = join(folder, "alerts", "backups.json");
  said = [];
});
const teller = () => new BackupTeller(file, async (news) => void said.push(news));

test("a backup that was whole is told once, also over a restart, with how long it took", async () => {
  const first = teller();
  await first.look("ws-ada", { done: at(0), failed: false });
  expect(said).toEqual([]);
  const done = { began: at(1), done: at(1, 2), failed: false };
  await first.look("ws-ada", done);
  await first.look("ws-ada", done);
  await teller().look("ws-ada", done);
  expect(said).toEqual([{ type: "backup.done", data: { volume: "ws-ada", seconds: 120 } }]);
});

test("of one that was begun by hand nobody knows how long it took", async () => {
  const it = teller();
  await it.look("ws-ada", { began: at(1), done: at(1, 2), failed: false });
  await it.look("ws-ada", { began: at(1), done: at(5), failed: false });
  expect(said).toEqual([{ type: "backup.done", data: { volume: "ws-ada" } }]);
});

test("each that failed is told once, and a whole one after it", async () => {
  const it = teller();
  await it.look("ws-ada", { done: at(0), failed: false });
  await it.look("ws-ada", { began: at(1), done: at(0), failed: true });
  await it.look("ws-ada", { began: at(1), done: at(0), failed: true });
  await it.look("ws-ada", { began: at(2), done: at(0), failed: false });
  await it.look("ws-ada", { began: at(2), done: at(0), failed: true });
  await it.look("ws-ada", { began: at(3), done: at(3, 1), failed: false });
  expect(said.map(({ type }) => type)).toEqual(["backup.failed", "backup.failed", "backup.done"]);
  expect(said[0]?.data).toMatchObject({ volume: "ws-ada", reason: expect.stringContaining("2026-11-29T01:00") });
});

test("what can't be said is told by the next look, under its id", async () => {
  const ids: string[] = [];
  let isAway = true;
  const it = new BackupTeller(file, async (_, id) => {
    ids.push(id);
    if (isAway) throw new Error("the bus is away");
  });
  await it.look("ws-ada", { done: at(0), failed: false });
  const done = { began: at(1), done: at(1, 2), failed: false };
  await expect(it.look("ws-ada", done)).rejects.toThrow("is away");
  isAway = false;
  await it.look("ws-ada", done);
  await it.look("ws-ada", done);
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
});

test("what can't be said of one keeps its id while others are told", async () => {
  const ids: string[] = [];
  let isAway = true;
  const it = new BackupTeller(file, async ({ data: { volume } }, id) => {
    if (volume === "ws-ada") ids.push(id);
    if (volume === "ws-ada" && isAway) throw new Error("the bus is away");
  });
  const done = { began: at(1), done: at(1, 2), failed: false };
  for (const volume of ["ws-ada", "ws-bob"]) await it.look(volume, { done: at(0), failed: false });
  await expect(it.look("ws-ada", done)).rejects.toThrow("is away");
  await it.look("ws-bob", done);
  isAway = false;
  await it.look("ws-ada", done);
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
});

test("a file that can't be read is begun anew", async () => {
  const it = teller();
  await it.look("ws-ada", { done: at(0), failed: false });
  await writeFile(file, "{ half");
  const next = teller();
  await next.look("ws-ada", { done: at(1), failed: false });
  await next.look("ws-ada", { done: at(2), failed: false });
  expect(said).toHaveLength(1);
});
