import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { guildnetHome } from "../toolchain/home.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../toolchain/project.ts";
import { pulumiCommand } from "../cli/commands/pulumi.ts";
import { openEngine } from "../cli/open-engine.ts";
import type { Engine } from "./engine.ts";
import { isRunningEngine } from "./recovery.ts";
import { prepareStackConfig } from "./stack-config.ts";

// The real engine on a project of one resource whose creation ends when the test says so.

let scratch: string;
let project: string;
let gate: string;
let engine: Engine;
const started: ChildProcess[] = [];

beforeEach(async () => {
  const realTools = guildnetHome().tools;
  scratch = mkdtempSync(join(tmpdir(), "guildnet-engine-"));
  project = join(scratch, "project");
  gate = join(scratch, "gate");
  cpSync(fileURLToPath(new URL("testing/project", import.meta.url)), project, { recursive: true });
  symlinkSync(join(PROJECT_ROOT, "node_modules"), join(project, "node_modules"));
  writeFileSync(join(project, "Pulumi.dev.yaml"), "# mine\nconfig:\n  recovery:a: b\n");
  for (const name of [
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv("PULUMI_CREDENTIALS_PATH", join(scratch, "nobody"));
  vi.stubEnv("GUILDNET_HOME", join(scratch, "home"));
  vi.stubEnv("GATE", gate);
  const home = guildnetHome();
  mkdirSync(home.root, { recursive: true });
  symlinkSync(realTools, home.tools);
  engine = await openEngine("dev", project);
});

afterEach(() => {
  // A test that failed in the middle must not leave an engine waiting for its gate.
  for (const child of started.splice(0)) child.kill("SIGKILL");
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true, force: true });
});

const nothingMade = async () => new Map();
const up = () => engine.run(["up", "--yes", "--skip-preview"], { stdio: "ignore" });
const stackFile = () => readFileSync(join(project, "Pulumi.dev.yaml"), "utf8");
const lockFolder = () => join(engine.home.state, ".pulumi", "locks", "organization", "recovery", "dev");
const checkpoint = () => join(engine.home.state, ".pulumi", "stacks", "recovery", "dev.json");

it("applies a stack, keeps the checkout clean and every secret encrypted", async () => {
  writeFileSync(gate, "");
  const before = stackFile();
  await engine.ensureStack();
  expect(await up()).toBe(0);
  expect(await engine.json(["stack", "output", "--json", "--show-secrets"])).toEqual({
    made: true,
    secret: "in-no-file-in-plain-text",
  });
  expect(stackFile()).toBe(before);
  expect(readdirSync(project).filter((file) => file.startsWith("Pulumi."))).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  expect(readFileSync(checkpoint(), "utf8")).not.toContain("in-no-file-in-plain-text");
}, 120_000);

it("shows what programs tell for debugging where it is asked to", async () => {
  await engine.ensureStack();
  const output = join(scratch, "output"),
    file = openSync(output, "w");
  expect(await engine.run(["preview", "--debug"], { stdio: ["ignore", file, file] })).toBe(0);
  closeSync(file);
  expect(readFileSync(output, "utf8")).toContain("Registering resource: t=");
}, 60_000);

it("counts what a preview would do, and not what the last update did", async () => {
  writeFileSync(gate, "");
  await engine.ensureStack();
  expect(await engine.run(["preview"], { stdio: "ignore", counts: true })).toBe(0);
  expect(await engine.lastChanges()).toEqual({ create: 2 });
  expect(await up()).toBe(0);
  expect(await engine.run(["preview"], { stdio: "ignore", counts: true })).toBe(0);
  expect(await engine.lastChanges()).toEqual({ same: 2 });
}, 120_000);

it("takes a setting over into the checkout, with the file's comment", async () => {
  await engine.ensureStack();
  expect(await engine.run(["config", "set", "recovery:a", "c"], { stdio: "ignore" })).toBe(0);
  expect(stackFile()).toBe("# mine\nconfig:\n  recovery:a: c\n");
}, 120_000);

it("makes a stack that is asked for by name without a trace of it in the project", async () => {
  await pulumiCommand(["-C", project, "stack", "init", "other"], "dev");
  expect(readdirSync(project).filter((file) => file.startsWith("Pulumi."))).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  expect(existsSync(join(engine.home.state, ".pulumi", "stacks", "recovery", "other.json"))).toBe(true);
}, 60_000);

it("heals after a kill -9 of the engine, with nothing left running", async () => {
  await engine.ensureStack();
  const provider = await killWhileCreating();
  await vi.waitFor(() => expect(existsSync(`/proc/${provider}`)).toBe(false), { timeout: 20_000 });
  await vi.waitFor(() => expect(processesIn(project)).toEqual([]), { timeout: 20_000 });

  const said: string[] = [];
  engine.recover((line) => said.push(line));
  expect(await engine.settlePendingOperations(nothingMade, (line) => said.push(line))).toHaveLength(1);
  expect(said).toEqual([expect.stringContaining("lock"), expect.stringContaining("operation")]);
  writeFileSync(gate, "");
  expect(await up()).toBe(0);
  const { deployment } = await engine.json<{ deployment: { pending_operations?: unknown[]; resources: unknown[] } }>([
    "stack",
    "export",
  ]);
  expect(deployment.pending_operations ?? []).toEqual([]);
  expect(deployment.resources).toHaveLength(3);
}, 120_000);

it.each(["the engine alone", "the command alone", "the command and its engine"])(
  "heals after a kill -9 of %s in the middle of an update",
  async (what) => {
    await engine.ensureStack();
    const child = spawn(process.execPath, [TOOLCHAIN_CLI, "pulumi", "-C", project, "up", "--yes", "--skip-preview"], {
      stdio: "ignore",
    });
    started.push(child);
    const ended = new Promise((resolve) => child.once("close", resolve));
    await creating();
    const [holder] = readdirSync(lockFolder()).map(
      (file) => JSON.parse(readFileSync(join(lockFolder(), file), "utf8")) as { pid: number },
    );
    if (what !== "the engine alone") child.kill("SIGKILL");
    if (what !== "the command alone") process.kill(holder?.pid ?? 0, "SIGKILL");
    await ended;
    await vi.waitFor(() => expect(isRunningEngine(holder?.pid ?? 0)).toBe(false));

    const said: string[] = [];
    engine.recover((line) => said.push(line));
    expect(said.join("\n")).toMatch(what === "the engine alone" ? /^$/ : /lock[^]*Took over/);
    expect(await engine.settlePendingOperations(nothingMade, () => {})).toMatchObject([{ type: "slow:index:Slow" }]);
    writeFileSync(gate, "");
    expect(await up()).toBe(0);
    const { deployment } = await engine.json<{ deployment: { pending_operations?: unknown[]; resources: unknown[] } }>([
      "stack",
      "export",
    ]);
    expect(deployment.pending_operations ?? []).toEqual([]);
    expect(deployment.resources).toHaveLength(3);
  },
  120_000,
);

it("knows what a killed run began to make after a cancel and a refresh as well", async () => {
  await engine.ensureStack();
  await killWhileCreating();
  await vi.waitFor(() => expect(processesIn(project)).toEqual([]), { timeout: 20_000 });
  await pulumiCommand(["-C", project, "cancel", "--yes"], "dev");
  await pulumiCommand(["-C", project, "refresh", "--yes", "--skip-preview"], "dev");
  expect(process.exitCode ?? 0).toBe(0);
  expect(await engine.settlePendingOperations(nothingMade, () => {})).toMatchObject([{ type: "slow:index:Slow" }]);
}, 120_000);

it("keeps its secrets under the passphrase, by whichever of its names the stack is called, and when the copy of its settings was lost", async () => {
  writeFileSync(gate, "");
  await engine.ensureStack();
  expect(await up()).toBe(0);
  const named = await openEngine("organization/recovery/dev", project);
  expect(named.folder).toBe(engine.folder);
  for (const run of [() => named.run(["up", "--yes", "--skip-preview"], { stdio: "ignore" }), up]) {
    rmSync(engine.folder, { recursive: true });
    expect(await run()).toBe(0);
    expect(JSON.parse(readFileSync(checkpoint(), "utf8"))).toMatchObject({
      checkpoint: { latest: { secrets_providers: { type: "passphrase" } } },
    });
  }
}, 120_000);

it("goes on after its state file was cut off", async () => {
  writeFileSync(gate, "");
  await engine.ensureStack();
  expect(await up()).toBe(0);
  truncateSync(checkpoint(), 100);
  for (const file of [checkpoint(), `${checkpoint()}.bak`]) writeFileSync(`${file}.attrs`, "");
  const said: string[] = [];
  engine.recover((line) => said.push(line));
  expect(said).toEqual([expect.stringContaining("restored")]);
  expect(await up()).toBe(0);
}, 120_000);

it("heals after a kill -9 on a machine that has got another name since", async () => {
  await engine.ensureStack();
  const run = [process.execPath, TOOLCHAIN_CLI, "pulumi", "-C", project, "up", "--yes", "--skip-preview"];
  const child = spawn(run[0]!, run.slice(1), { stdio: "ignore" });
  started.push(child);
  const ended = new Promise((resolve) => child.once("close", resolve));
  await creating();
  child.kill("SIGKILL");
  await ended;
  expect(readdirSync(lockFolder())).toHaveLength(1);
  writeFileSync(gate, "");
  const { all, exitCode } = await execa("unshare", ["--uts", "sh", "-c", 'hostname other && exec "$@"', "sh", ...run], {
    all: true,
    reject: false,
  });
  expect(all).toContain("Removed the lock");
  expect(exitCode, all).toBe(0);
}, 120_000);

it("lets one command at a time work on a stack, and others look at it as it is", async () => {
  await engine.ensureStack();
  const other = await openEngine("dev", project);
  await engine.alone("up", async () => {
    await expect(other.alone("down", () => Promise.resolve())).rejects.toMatchObject({
      code: "stack-busy",
      message: expect.stringContaining(`\`up\`, process ${process.pid}`) as string,
    });
    writeFileSync(`${checkpoint()}.1.tmp`, "{");
    await other.recoverIfFree("preview");
    expect(existsSync(`${checkpoint()}.1.tmp`)).toBe(true);
  });
  await other.recoverIfFree("preview");
  expect(existsSync(`${checkpoint()}.1.tmp`)).toBe(false);
}, 60_000);

it("answers a killed plugin with what to do, which mends it", async () => {
  await engine.ensureStack();
  const run = execa(process.execPath, [TOOLCHAIN_CLI, "pulumi", "-C", project, "up", "--yes", "--skip-preview"], {
    all: true,
    reject: false,
    stdin: "ignore",
  });
  process.kill(await creating(), "SIGKILL");
  const { all, exitCode } = await run;
  expect(exitCode).not.toBe(0);
  expect(all).toMatch(/was killed, or crashed\. Run it again/);
  engine.recover(() => {});
  expect(await engine.settlePendingOperations(nothingMade, () => {})).toMatchObject([{ type: "slow:index:Slow" }]);
  writeFileSync(gate, "");
  expect(await up()).toBe(0);
}, 120_000);

it("answers a SIGTERM for the command with an end, and with what to do", async () => {
  await engine.ensureStack();
  const run = execa(process.execPath, [TOOLCHAIN_CLI, "pulumi", "-C", project, "up", "--yes", "--skip-preview"], {
    all: true,
    reject: false,
    stdin: "ignore",
    forceKillAfterDelay: false,
  });
  await creating();
  run.kill("SIGTERM");
  for (let said = ""; !said.includes("SIGTERM received");) said += String((await once(run.all, "data"))[0]);
  writeFileSync(gate, ""); // what is under way is waited for
  const { all, exitCode } = await run;
  expect(exitCode).not.toBe(0);
  expect(all).toMatch(/was interrupted\. Run it again/);
  expect(readdirSync(lockFolder())).toEqual([]);
  expect(await engine.settlePendingOperations(nothingMade, () => {})).toEqual([]);
  expect(await up()).toBe(0);
}, 120_000);

it("applies nothing of a state of which a secret is damaged", async () => {
  writeFileSync(gate, "");
  await engine.ensureStack();
  expect(await up()).toBe(0);
  const damaged = readFileSync(checkpoint(), "utf8").replace(
    /("ciphertext": "v1:[^:]*:)(.)/,
    (_all, before: string, first: string) => `${before}${first === "A" ? "B" : "A"}`,
  );
  writeFileSync(checkpoint(), damaged);
  for (const command of ["preview", "up", "refresh", "destroy"])
    await expect(engine.run([command, "--yes"], { stdio: "ignore" })).rejects.toMatchObject({
      code: "state-secret-damaged",
    });
  expect(readFileSync(checkpoint(), "utf8")).toBe(damaged);
}, 120_000);

it("speaks to its program past a proxy of the environment that answers nobody", async () => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) vi.stubEnv(name, "http://127.0.0.1:9");
  const behind = await openEngine("dev", project);
  await behind.ensureStack();
  expect(await behind.run(["preview"], { stdio: "ignore" })).toBe(0);
}, 120_000);

it("reads the secrets of a stack file that another person shares, once it is given that person's passphrase", async () => {
  await engine.ensureStack();
  expect(await engine.run(["config", "set", "--secret", "recovery:key", "hidden"], { stdio: "ignore" })).toBe(0);
  const theirs = join(scratch, "theirs"),
    passphrase = engine.home.passphrase;
  mkdirSync(theirs);
  symlinkSync(engine.home.tools, join(theirs, "tools"));
  vi.stubEnv("GUILDNET_HOME", theirs);
  const without = await openEngine("dev", project);
  await expect(without.ensureStack()).rejects.toMatchObject({
    code: "wrong-passphrase",
    message: expect.stringContaining(join(project, "Pulumi.dev.yaml")) as string,
  });
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", passphrase);
  const given = await openEngine("dev", project);
  await given.ensureStack();
  expect(await given.json(["config", "get", "recovery:key", "--json"])).toMatchObject({ value: "hidden" });
  expect(await given.run(["preview"], { stdio: "ignore" })).toBe(0);
}, 120_000);

it("names the variable that hides the stack's own state", async () => {
  await engine.ensureStack();
  mkdirSync(join(scratch, "elsewhere"));
  vi.stubEnv("PULUMI_BACKEND_URL", `file://${join(scratch, "elsewhere")}`);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  const said: string[] = [];
  await expect((await openEngine("dev", project)).ensureStack((line) => said.push(line))).rejects.toThrow(
    "PULUMI_BACKEND_URL says",
  );
  expect(said).toEqual([expect.stringContaining(engine.home.state)]);
}, 60_000);

it("leaves the lock of a run that goes on", async () => {
  await engine.ensureStack();
  const first = startUp();
  await creating();
  const said: string[] = [];
  engine.recover((line) => said.push(line));
  expect(await engine.settlePendingOperations(nothingMade, (line) => said.push(line))).toEqual([]);
  expect(said).toEqual([]);
  expect(() => engine.assertFree()).toThrow(`process ${first.child.pid}`);
  expect(await up()).not.toBe(0);
  writeFileSync(gate, "");
  expect(await first.exited).toBe(0);
}, 120_000);

// With no room the engine can't even lock the stack; with a little it begins, and can't write down what it did.
it.each([0, 4])(
  "says so when the disk has %d KiB left, and goes on from there once it has more",
  async (room) => {
    writeFileSync(gate, "");
    await engine.ensureStack();
    mkdirSync(join(scratch, "full"));
    const script = [
      'cp -a "$STATE"/. "$SCRATCH/full" && mount -t tmpfs -o size=8m tmpfs "$STATE" && cp -a "$SCRATCH/full"/. "$STATE"',
      'dd if=/dev/zero of="$STATE/filler" bs=4k 2>/dev/null; truncate --size="-${ROOM}K" "$STATE/filler"',
      '"$@"; echo "full: $?"; rm "$STATE/filler"; "$@"; echo "with room: $?"',
    ].join("; ");
    const up = [process.execPath, TOOLCHAIN_CLI, "pulumi", "-C", project, "up", "--yes", "--skip-preview"];
    const { all } = await execa("unshare", ["--mount", "sh", "-c", script, "sh", ...up], {
      all: true,
      env: { STATE: engine.home.state, SCRATCH: scratch, ROOM: String(room) },
    });
    expect(all).toMatch(/The disk that \S+\/state is on has no room left[^]*full: [1-9]/);
    expect(all).toMatch(/with room: 0$/);
  },
  120_000,
);

function startUp() {
  const { file = "" } = prepareStackConfig({ root: project }, engine.home, "dev");
  const child = spawn("pulumi", ["up", "--yes", "--skip-preview", "--config-file", file], {
    cwd: project,
    env: engine.env,
    stdio: "ignore",
  });
  started.push(child);
  return { child, exited: new Promise<number | null>((resolve) => child.once("close", resolve)) };
}

async function killWhileCreating(): Promise<number> {
  const { child, exited } = startUp();
  const provider = await creating();
  child.kill("SIGKILL");
  await exited;
  return provider;
}

/** Resolves with the provider's process id once it has begun to create. */
function creating(): Promise<number> {
  const sign = `${gate}.creating`;
  return new Promise((resolve) => {
    const watcher = watch(scratch, check);
    function check() {
      const pid = existsSync(sign) ? Number(readFileSync(sign, "utf8")) : 0;
      if (pid === 0) return;
      watcher.close();
      resolve(pid);
    }
    check();
  });
}

/** Process ids with their working directory in `folder`. */
function processesIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    });
}
