import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { guildnetHome } from "../../toolchain/home.ts";
import { PROJECT_ROOT } from "../../toolchain/project.ts";
import { openEngine } from "../../cli/open-engine.ts";
import type { Engine } from "../engine.ts";
import { stateFiles } from "../state-folder.ts";
import type { Checkpoint, Deployment } from "./deployment.ts";

// The real engine, twice at each round: with the file backend alone, and with the journal before it.

let scratch: string;
let project: string;
let engine: Engine;

beforeEach(async () => {
  const realTools = guildnetHome().tools;
  scratch = mkdtempSync(join(tmpdir(), "guildnet-journal-"));
  project = join(scratch, "project");
  cpSync(fileURLToPath(new URL("testing/project", import.meta.url)), project, { recursive: true });
  symlinkSync(join(PROJECT_ROOT, "node_modules"), join(project, "node_modules"));
  for (const name of [
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv("PULUMI_CREDENTIALS_PATH", join(scratch, "nobody"));
  vi.stubEnv("GUILDNET_HOME", join(scratch, "home"));
  mkdirSync(guildnetHome().root, { recursive: true });
  symlinkSync(realTools, guildnetHome().tools);
  engine = await openEngine("dev", project);
  await engine.ensureStack();
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true, force: true });
});

/** Another folder with the same state, changed by the engine's own file backend. */
const twin = () => join(scratch, "twin");

it.each([1, 8])(
  "comes to the very state that the file backend comes to, whatever happened, by %d steps at a time",
  async (parallel) => {
    cpSync(engine.home.state, twin(), { recursive: true });
    const rounds: { args: string[]; env: Record<string, string>; ends: number }[] = [
      { args: ["up", "--skip-preview"], env: { ROUND: "begin" }, ends: 0 },
      { args: ["up"], env: { ROUND: "change" }, ends: 0 },
      { args: ["up", "--skip-preview", "--continue-on-error"], env: { ROUND: "fail" }, ends: 1 },
      { args: ["refresh", "--skip-preview"], env: { GONE: "second" }, ends: 0 },
      { args: ["up", "--skip-preview", "--refresh"], env: { ROUND: "change", GONE: "joining" }, ends: 0 },
      { args: ["destroy", "--skip-preview", "--target", "**first", "--target-dependents"], env: {}, ends: 0 },
    ];
    for (const [index, { args, env, ends }] of rounds.entries()) {
      const [code, expected] = await Promise.all([
        journaled(args, env, parallel),
        withFileBackend(args, env, parallel),
      ]);
      expect([code, expected], `exit codes of round ${index}`).toEqual([ends, ends]);
      expect(comparable(engine.home.state), `round ${index}: ${args.join(" ")}`).toEqual(comparable(twin()));
    }
    expect(await engine.json<unknown[]>(["stack", "history", "--json"])).toHaveLength(rounds.length);
  },
  300_000,
);

it("lets a program refer to another stack, in an update as in a preview", async () => {
  const other = await openEngine("other", project);
  await other.ensureStack();
  Object.assign(other.env, { ROUND: "begin" });
  expect(await other.run(["up", "--yes", "--skip-preview"], { stdio: "ignore" })).toBe(0);
  Object.assign(engine.env, { ROUND: "refer" });
  expect(await engine.run(["preview"], { stdio: "ignore" })).toBe(0);
  expect(await engine.run(["up", "--yes"], { stdio: "ignore" })).toBe(0);
  const { deployment } = await engine.state();
  expect(deployment.resources?.find(({ urn }) => urn.endsWith("::first"))?.inputs).toMatchObject({
    form: "begin",
    password: "of the other",
  });
}, 120_000);

it.each(["GUILDNET_JOURNAL", "PULUMI_DISABLE_JOURNALING"])(
  "is left out where %s says so, and the engine writes its state by itself",
  async (name) => {
    vi.stubEnv(name, name.startsWith("GUILDNET") ? "off" : "true");
    const without = await openEngine("dev", project);
    Object.assign(without.env, { ROUND: "begin" });
    expect(await without.run(["up", "--yes", "--skip-preview"], { stdio: "ignore" })).toBe(0);
    expect(readdirSync(engine.home.state)).toEqual([".pulumi"]);
    expect((await without.state()).deployment.resources?.length).toBeGreaterThan(5);
  },
  120_000,
);

function journaled(args: string[], env: Record<string, string>, parallel: number): Promise<number> {
  Object.assign(engine.env, { ROUND: undefined, GONE: undefined, ...env });
  return engine.run([...args, "--yes", "--parallel", String(parallel)], { stdio: "ignore" });
}

async function withFileBackend(
  args: string[],
  env: Record<string, string>,
  parallel: number,
): Promise<number | undefined> {
  const config = join(engine.folder, "Pulumi.dev.yaml");
  const { exitCode } = await execa(
    "pulumi",
    [...args, "--yes", "--parallel", String(parallel), "--config-file", config],
    {
      cwd: project,
      env: { ...engine.env, ...env, PULUMI_BACKEND_URL: `file://${twin()}` },
      extendEnv: false,
      reject: false,
      stdin: "ignore",
    },
  );
  return exitCode;
}

/** A state without what differs between any two runs: times, random ids, how secrets are encrypted, and in which order the program asked for what. */
function comparable(state: string): Pick<Checkpoint, "version" | "features"> & { latest?: Deployment } {
  const { checkpoint } = stateFiles({ ...engine.home, state }, "rounds", "dev");
  const text = readFileSync(checkpoint, "utf8")
    .replaceAll(/"(time|created|modified)": "[^"]*"/g, '"$1": ""')
    .replaceAll(/"ciphertext": "[^"]*"/g, '"ciphertext": ""')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "");
  const {
    version,
    features,
    checkpoint: { latest },
  } = JSON.parse(text) as Checkpoint;
  return {
    version,
    features,
    latest: {
      ...latest,
      resources: latest?.resources
        ?.map((resource) => ({ ...resource, dependencies: resource.dependencies?.toSorted() }))
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    },
  };
}
