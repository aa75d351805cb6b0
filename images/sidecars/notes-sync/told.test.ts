import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Told } from "./told.ts";

test("a person is told what is amiss, as long as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-notes-told-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "NOT-SYNCED.txt");
  let now = Date.parse("2026-11-29T08:00:00Z");
  const told = new Told(file, () => now);
  const read = (): string | undefined => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  };
  await told.tell("~/notes/guild", { kind: "offline", why: "no route" });
  expect(read()).toBeUndefined();
  now += 61_000;
  await told.tell("~/notes/guild", { kind: "offline", why: "no route" });
  await told.tell("~/notes/mine", { kind: "synced", left: ["a.bin is larger than 32 MiB"] });
  expect(read()).toBe(
    "~/notes/guild: since 2026-11-29 08:00 UTC nothing comes from others and nothing goes to them: no route\n" +
      "~/notes/mine: not for others: a.bin is larger than 32 MiB\n",
  );
  for (const folder of ["~/notes/guild", "~/notes/mine"]) await told.tell(folder, { kind: "synced", left: [] });
  expect(read()).toBeUndefined();
});
