import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { Engine } from "./engine.ts";

const scratch = useScratch();
const said: string[] = [];

/** An engine whose program writes down its environment and answers with it; all it knows is in the scratch folder. */
function engine(backend: ConstructorParameters<typeof Engine>[0]["backend"]): Engine {
  return new Engine({
    project: { root: scratch.path, stackFiles: join(scratch.path, "stack-files") },
    stack: "dev",
    home: scratch.home,
    backend,
    env: { PATH: `${join(scratch.path, "bin")}:/usr/bin:/bin`, GIVEN: "to the engine" },
    passphrase: { from: "a test", isGiven: true, read: () => "secret" },
    kubernetesPlugin: "/nowhere/pulumi-resource-kubernetes",
    keepsJournal: false,
    say: (line) => void said.push(line),
  });
}

beforeEach(() => {
  said.length = 0;
  for (const folder of ["bin", "stack-files"]) mkdirSync(join(scratch.path, folder));
  writeFileSync(join(scratch.path, "Pulumi.yaml"), "name: lab\nruntime: nodejs\n");
  const program = join(scratch.path, "bin", "pulumi");
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '{"given":"%s","home":"%s","arguments":"%s"}' "$GIVEN" "$GUILDNET_HOME" "$*" | tee ${join(scratch.path, "answer")}\n`,
  );
  chmodSync(program, 0o755);
});

it("is given its environment, home and passphrase: nothing of this process's own reaches its programs", async () => {
  vi.stubEnv("GUILDNET_HOME", "/of/this/process").stubEnv("GIVEN", "by this process");
  onTestFinished(() => void vi.unstubAllEnvs());
  const elsewhere = engine({ kind: "elsewhere", credentials: scratch.path, by: "a test" });
  expect(await elsewhere.json(["about"])).toEqual({
    given: "to the engine",
    home: "",
    arguments: "about --stack dev --non-interactive",
  });
  expect(await elsewhere.run(["about"], { stdio: "ignore" })).toBe(0);
  expect(JSON.parse(readFileSync(join(scratch.path, "answer"), "utf8"))).toMatchObject({
    given: "to the engine",
    home: "",
  });
});

it("takes a stack's settings from the folder that the project names, and keeps what it makes of them in the home that it is given", async () => {
  writeFileSync(join(scratch.path, "stack-files", "Pulumi.dev.yaml"), "config:\n  lab:a: b\n");
  const own = engine({ kind: "own" });
  expect(await own.run(["preview"], { stdio: "ignore" })).toBe(0);
  const file = join(own.folder, "Pulumi.dev.yaml");
  expect(file.startsWith(scratch.home.root)).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("config:\n  lab:a: b\n");
  expect(JSON.parse(readFileSync(join(scratch.path, "answer"), "utf8"))).toMatchObject({
    arguments: `preview --config-file ${file}`,
  });
  expect(readdirSync(scratch.path)).not.toContain("Pulumi.dev.yaml");
});

it("tells who opened it what it puts right", () => {
  const own = engine({ kind: "own" }),
    locks = join(scratch.home.state, ".pulumi", "locks", "organization", "lab", "dev");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "update.json"), "{");
  own.recover();
  expect(said).toEqual(["Removed the lock of a run that was killed (process unknown)."]);
  expect(existsSync(join(locks, "update.json"))).toBe(false);
});
