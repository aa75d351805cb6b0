import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { guildnetHome } from "../home.ts";
import { goBuild } from "./go-build.ts";

afterEach(() => vi.unstubAllEnvs());

/** A `go` that says so of each of its verbs. */
function withGo(verbs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-go-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cases = Object.entries({ version: "true", ...verbs }).map(([verb, does]) => `${verb}) ${does} ;;`);
  writeFileSync(join(folder, "go"), ["#!/bin/sh", 'case "$1" in', ...cases, "esac", ""].join("\n"));
  chmodSync(join(folder, "go"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  vi.stubEnv("GUILDNET_HOME", join(folder, "home"));
  let logged = "";
  const reports: string[] = [];
  const log = { file: "the log", write: (text: string) => void (logged += text), tail: () => logged };
  const program = { module: "talos-runc", command: ".", variables: {}, output: join(folder, "program") };
  return { reports, built: goBuild(program, { home: guildnetHome(), log, report: (line) => void reports.push(line) }) };
}

it("tells which modules come, then what is compiled", async () => {
  const { reports, built } = withGo({
    list: "echo 'go: downloading example.org/one v1.0.0' >&2",
    build: "echo example.org/one >&2",
  });
  await built;
  expect(reports).toEqual([
    "fetching modules",
    "go: downloading example.org/one v1.0.0",
    "compiling",
    "example.org/one",
  ]);
});

it.each([
  ["modules can't be had", { list: "echo 'dial tcp: no such host' >&2; exit 1" }, "no such host"],
  ["nothing comes of what is compiled", { list: "true", build: "echo 'undefined: x' >&2; exit 2" }, "undefined: x"],
])("says in Go's own words that %s, for a person", async (_, verbs, words) => {
  await expect(withGo(verbs).built).rejects.toMatchObject({
    code: "command-failed",
    message: expect.stringContaining(words),
  });
});
