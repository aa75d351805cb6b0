import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { lastLines, openLog } from "./log.ts";
import { runLogged } from "./run-logged.ts";
import { useScratch } from "./testing/scratch.ts";

const scratch = useScratch();

it("keeps all output and reports each line", async () => {
  const log = openLog(scratch.home, "step");
  const lines: string[] = [];
  await runLogged("sh", ["-c", "echo one; echo two >&2"], { log, onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(["one", "two"]);
  expect(readFileSync(log.file, "utf8")).toMatch(/\$ sh -c .*\n(one\ntwo|two\none)\n$/);
});

it("fails with the last lines and the log's name", async () => {
  const log = openLog(scratch.home, "step");
  const failure = runLogged("sh", ["-c", "seq 1 50; exit 3"], { log });
  await expect(failure).rejects.toMatchObject({
    code: "command-failed",
    message: expect.stringMatching(/\n31\n[^]*\n50\n[^]*step\.log/),
  });
  await expect(failure).rejects.not.toMatchObject({ message: expect.stringMatching(/\n30\n/) });
});

it("names a program that is not installed", async () => {
  await expect(runLogged("guildnet-no-such-program", [], { log: openLog(scratch.home, "x") })).rejects.toThrow(
    "guildnet-no-such-program is not installed",
  );
});

it("takes the last lines that say something", () => expect(lastLines("a\n\nb\r\n\n", 1)).toBe("b"));
