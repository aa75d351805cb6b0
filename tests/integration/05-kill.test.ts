import { execa } from "execa";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { changesAhead, configure, exportedState, guildnet, home, kubectl, mustGuildnet, onePerson, root, stack, stackFiles, upWith } from "../support/guildnet.ts";

const rounds = Number(process.env.GUILDNET_KILL_ROUNDS ?? 20);
/**
 * Four configurations, so that the rounds have objects to make, change and remove, with pods and without: linus' pod
 * comes and goes, and ada's workspace is stopped meanwhile.
 */
const linus = { owner: "linus", keepData: false };
const shapes = [
  { workspaces: [{ owner: "ada" }, linus] },
  { workspaces: [{ owner: "ada", internet: false }, linus] },
  { workspaces: [{ owner: "ada", internet: false, environment: { ROUND: "third" } }] },
  { workspaces: [{ owner: "ada", environment: { ROUND: "third" } }] },
];

describe("an engine that is killed", () => {
  afterAll(async () => {
    await scaleWorkspace(1);
    configure(onePerson);
  });

  test(`at ${rounds} random moments is healed each time by one more up`, { timeout: 1_800_000 }, async () => {
    await upWith(onePerson);
    await scaleWorkspace(0);
    const moments: string[] = [];
    for (let round = 0; round < rounds; round++) {
      configure(shapes[round % shapes.length]!);
      const after = Math.round(Math.random() * 5_000);
      moments.push(`${after} ms: ${(await killedUp(after)) ? "killed" : "had ended"}`);
      const { exitCode, all } = await guildnet("up");
      expect(exitCode, `round ${round}, ${moments.join("; ")}\n${all}`).toBe(0);
    }
    console.info(`engine killed after ${moments.join("; ")}`);
    expect(moments.filter((moment) => moment.endsWith("killed")).length).toBeGreaterThan(rounds / 2);
    expect(await changesAhead()).toEqual([]);
    expect(await orphans()).toEqual([]);
    expect(engineProcesses()).toEqual([]);
  });

  test("in the very first moments of a new stack leaves nothing that destroy does not find", async () => {
    configure({ ...onePerson, cluster: { kind: "embedded", apiPort: 18191 }, portal: { port: 18190 } }, "cold");
    const killed = await killedUp(() => readdirSync(join(home, "clusters")).includes("guildnet-cold-cluster"), "cold");
    expect(killed).toBe(true);
    const { exitCode, all } = await guildnet("destroy", ["--data"], "cold");
    expect(exitCode, all).toBe(0);
    expect(readdirSync(join(home, "clusters")).filter((name) => name.startsWith("guildnet-cold"))).toEqual([]);
  });
});

describe("two runs at once", () => {
  test("one wins, and the other says who holds the stack", async () => {
    configure(shapes[0]!);
    const runs = await Promise.all([guildnet("up"), guildnet("up")]);
    expect(runs.map(({ exitCode }) => exitCode === 0).sort()).toEqual([false, true]);
    expect(runs.find(({ exitCode }) => exitCode !== 0)?.all).toMatch(/another|busy|lock/i);
    configure(onePerson);
    await mustGuildnet("up");
  });
});

async function scaleWorkspace(replicas: number): Promise<void> {
  await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", String(replicas));
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
}

/** Starts an up and kills its engine, and nothing else, after a time or as soon as something holds. Says whether the engine still ran. */
async function killedUp(when: number | (() => boolean), name: string = stack): Promise<boolean> {
  const run = execa(process.execPath, ["toolchain/bootstrap.mjs", "up", "--stack", name], { cwd: root, reject: false, stdin: "ignore", all: true, env: { GUILDNET_STACK_FILES: stackFiles } });
  const ended = run.then(() => true);
  const started = Date.now();
  let killed = false;
  for (;;) {
    const over = await Promise.race([ended, tick()]);
    if (over) return killed;
    if (killed || (typeof when === "number" ? Date.now() - started < when : !when())) continue;
    for (const pid of engineProcesses(run.pid)) {
      process.kill(pid, "SIGKILL");
      killed = true;
    }
  }
}

function tick(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 10));
}

/** Engines at work on the tests' stacks: of one command's descendants, or of all. */
function engineProcesses(ancestor?: number): number[] {
  const processes = new Map(readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)).flatMap((entry) => {
    const found = processOf(Number(entry));
    return found === undefined ? [] : [[Number(entry), found] as const];
  }));
  const descends = (pid: number): boolean => pid === ancestor || (processes.has(pid) && descends(processes.get(pid)!.parent));
  return [...processes].filter(([pid, { isEngine }]) => isEngine && (ancestor === undefined || descends(pid))).map(([pid]) => pid);
}

/** Undefined where it ended meanwhile. */
function processOf(pid: number): { parent: number; isEngine: boolean } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const isEngine = /^Name:\s*pulumi$/m.test(status) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`GUILDNET_STACK_FILES=${stackFiles}\0`);
    return { parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), isEngine };
  } catch {
    return undefined;
  }
}

/** Objects in the cluster that carry our label and are in no state. */
async function orphans(): Promise<string[]> {
  const kinds = "namespaces,deployments,services,secrets,configmaps,serviceaccounts,resourcequotas,limitranges,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings,storageclasses,persistentvolumeclaims";
  const text = await kubectl("get", kinds, "--all-namespaces", "--selector", "app.kubernetes.io/part-of=guildnet", "--output", "json");
  const { items } = JSON.parse(text) as { items: { kind: string; metadata: { name: string; namespace?: string } }[] };
  expect(items.length).toBeGreaterThan(30);
  const known = new Set(((await exportedState()).deployment.resources ?? []).map(({ type, id }) => `${type.split(":").at(-1)} ${id}`));
  return items.map(({ kind, metadata }) => `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`).filter((object) => !known.has(object));
}
