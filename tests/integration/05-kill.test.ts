import { execa } from "execa";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { afterAll, describe, expect, test, vi } from "vitest";
import { killOne, processesOf, victims, type Victim } from "../../engine/testing/victims.ts";
import { inWorkspace, kept, say } from "../support/events.ts";
import {
  changesAhead,
  clusterFolder,
  configure,
  exportedState,
  guildnet,
  home,
  kubectl,
  mustGuildnet,
  onePerson,
  ports,
  root,
  stack,
  stackFiles,
  upWith,
} from "../support/guildnet.ts";

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

const soon = { timeout: 180_000, interval: 500 };
const inTurn = Object.keys(victims) as Victim[];
const ours = `GUILDNET_STACK_FILES=${stackFiles}`;

describe("an update of which a process is killed", () => {
  afterAll(async () => {
    await scaleWorkspace(1);
    configure(onePerson);
  });

  test(`at ${rounds} random moments is healed each time by one more up`, { timeout: rounds * 90_000 }, async () => {
    await upWith(onePerson);
    await scaleWorkspace(0);
    const moments: string[] = [];
    for (let round = 0; round < rounds; round++) {
      configure(shapes[round % shapes.length]!);
      const after = Math.round(Math.random() * 5_000),
        whom = inTurn[round % inTurn.length]!;
      const killed = await killedUp(after, whom);
      // Every other time the change is taken back: what the killed run was making is not wanted any more.
      if (round % 2 === 1) configure(shapes[(round - 1) % shapes.length]!);
      moments.push(`${whom} after ${after} ms: ${killed.isKilled ? "killed" : "had ended"}`);
      const { exitCode, all } = await guildnet("up");
      expect(exitCode, `round ${round}, ${moments.join("; ")}\n${killed.all}\n--- and then\n${all}`).toBe(0);
    }
    console.info(moments.join("; "));
    expect(moments.filter((moment) => moment.endsWith("killed")).length).toBeGreaterThan(rounds / 2);
    expect(await changesAhead()).toEqual([]);
    expect(await orphans()).toEqual([]);
    expect(processesOf(victims.engine, ours)).toEqual([]);
  });

  test("while it makes a person's workspace leaves nothing of it once their lines are out, though its cluster was stopped since, and its port is somebody else's by now", async () => {
    await upWith(onePerson);
    configure({ workspaces: [...onePerson.workspaces, { owner: "ines", keepData: false }] });
    const killed = await killedUp(() => volumes().includes("ws-ines"), "engine");
    expect(killed.isKilled, killed.all).toBe(true);
    await mustGuildnet("down");
    const somebody = createServer().listen(ports.portal, "127.0.0.1");
    await once(somebody, "listening");
    try {
      configure({ ...onePerson, portal: { port: ports.portal + 8 } });
      const { exitCode, all } = await guildnet("up");
      expect(exitCode, all).toBe(0);
      expect(all).toContain(`port ${ports.portal} of 127.0.0.1 is in use by another program`);
    } finally {
      somebody.close();
    }
    expect(await kubectl("get", "namespaces", "--output", "name")).not.toContain("ws-ines");
    expect(await orphans()).toEqual([]);
    expect(await changesAhead()).toEqual([]);
  });

  test("in the very first moments of a new stack leaves nothing that destroy does not find", async () => {
    configure({ ...onePerson, cluster: { kind: "embedded", apiPort: 18191 }, portal: { port: 18190 } }, "cold");
    const { isKilled } = await killedUp(
      () => readdirSync(join(home, "clusters")).includes("guildnet-cold-cluster"),
      "engine",
      "cold",
    );
    expect(isKilled).toBe(true);
    const { exitCode, all } = await guildnet("destroy", ["--data"], "cold");
    expect(exitCode, all).toBe(0);
    expect(readdirSync(join(home, "clusters")).filter((name) => name.startsWith("guildnet-cold"))).toEqual([]);
  });
});

// Persons of their own: of one who was there, the folder of the volumes is there.
describe("services that keep something, of whose update a process is killed", { timeout: 600_000 }, () => {
  const grace = { owner: "grace", keepData: false },
    hedy = { owner: "hedy", keepData: false };
  const withServices = {
    workspaces: [...onePerson.workspaces, grace],
    events: { keepData: false },
    monitoring: { keepData: false },
    notes: { keepData: false },
    radicle: { keepData: false },
  };
  const spaces = ["guildnet-events", "guildnet-monitoring", "guildnet-notes", "guildnet-radicle"];
  const note = "/home/guild/notes/guild/Kept.md";
  let said = 0;

  test("while they are made, and a person's workspace with them, are whole after one more up", async () => {
    await upWith(onePerson);
    configure(withServices);
    const killed = await killedUp(() => volumes().includes("guildnet-events"), "engine");
    expect(killed.isKilled, killed.all).toBe(true);
    await mustGuildnet("up");
    expect(await mustGuildnet("verify")).toContain("is well");
    expect(await orphans()).toEqual([]);
    expect(await changesAhead()).toEqual([]);
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
    said = await say("ada", "before they were changed");
    await vi.waitFor(() => inWorkspace("ada", "sh", "-c", `echo kept >${note}`), soon);
  });

  test("while they are changed, and a workspace comes, lose nothing and are as they were once its lines are out", async () => {
    configure({
      ...withServices,
      workspaces: [...withServices.workspaces, hedy],
      events: { ...withServices.events, retention: { days: 7 } },
      monitoring: { ...withServices.monitoring, retentionDays: 7 },
    });
    const killed = await killedUp(() => volumes().includes("ws-hedy"), "Kubernetes plugin");
    expect(killed.isKilled, killed.all).toBe(true);
    configure(withServices);
    await mustGuildnet("up");
    expect(await namespaces()).not.toContain("ws-hedy");
    expect(await mustGuildnet("verify")).toContain("is well");
    expect(await orphans()).toEqual([]);
    expect(await changesAhead()).toEqual([]);
    expect(await kept("ada", said)).toContainEqual(expect.objectContaining({ text: "before they were changed" }));
    await vi.waitFor(async () => expect(await inWorkspace("grace", "cat", note)).toBe("kept"), soon);
  });

  test("go with their lines", async () => {
    expect(await namespaces()).toEqual(expect.arrayContaining(spaces));
    configure(onePerson);
    await mustGuildnet("up");
    for (const space of spaces) expect(await namespaces()).not.toContain(space);
    expect(await orphans()).toEqual([]);
    expect(await changesAhead()).toEqual([]);
  });
});

describe("an update whose cluster ends in the middle of it", () => {
  test("ends soon and says so: what is waited for can't come any more", async () => {
    await upWith(onePerson);
    configure({ workspaces: [...onePerson.workspaces, { owner: "ida", keepData: false }] });
    const { pid } = JSON.parse(readFileSync(join(clusterFolder, "run", "init.json"), "utf8")) as { pid: number };
    const run = startUp();
    await waitFor(() => volumes().includes("ws-ida"), { interval: 20, timeout: 60_000 });
    process.kill(pid, "SIGKILL");
    const { exitCode, all } = await run;
    expect(exitCode, all).not.toBe(0);
    expect(all).toMatch(/cluster guildnet-test-cluster ended in the middle of this run[^]*Run it again/);
    configure(onePerson);
    await mustGuildnet("up");
    expect(await orphans()).toEqual([]);
    expect(await changesAhead()).toEqual([]);
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

async function namespaces(): Promise<string[]> {
  const text = await kubectl("get", "namespaces", "--output", "name");
  return text.split("\n").map((line) => line.replace("namespace/", ""));
}

/** Folders of the cluster's volumes: a claim has one as soon as its pod has a node. */
function volumes(): string[] {
  return readdirSync(join(clusterFolder, "volumes"));
}

async function scaleWorkspace(replicas: number): Promise<void> {
  await kubectl("scale", "--namespace", "ws-ada", "deploy/workspace", "--replicas", String(replicas));
  await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
}

function startUp(name: string = stack) {
  return execa(process.execPath, ["toolchain/bootstrap.mjs", "up", "--stack", name], {
    cwd: root,
    reject: false,
    stdin: "ignore",
    all: true,
    env: { GUILDNET_STACK_FILES: stackFiles },
  });
}

interface Killed {
  readonly isKilled: boolean;
  readonly all: string;
}

/** Starts an up and kills one of its processes, and nothing else, once that is there after a time or as soon as something holds. */
async function killedUp(when: number | (() => boolean), whom: Victim, name: string = stack): Promise<Killed> {
  const run = startUp(name);
  const started = Date.now();
  const isTime = (): boolean => (typeof when === "number" ? Date.now() - started >= when : when());
  const isKilled = await killOne(whom, { pid: run.pid ?? 0, ended: run, variable: ours, isTime });
  const { all } = await run;
  return { isKilled, all };
}

/** Objects in the cluster that carry our label and are in no state. */
async function orphans(): Promise<string[]> {
  const kinds =
    "namespaces,deployments,services,secrets,configmaps,serviceaccounts,resourcequotas,limitranges,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings,storageclasses,persistentvolumeclaims";
  const text = await kubectl(
    "get",
    kinds,
    "--all-namespaces",
    "--selector",
    "app.kubernetes.io/part-of=guildnet",
    "--output",
    "json",
  );
  const { items } = JSON.parse(text) as { items: { kind: string; metadata: { name: string; namespace?: string } }[] };
  expect(items.length).toBeGreaterThan(30);
  const known = new Set(
    ((await exportedState()).deployment.resources ?? []).map(({ type, id }) => `${type.split(":").at(-1)} ${id}`),
  );
  return items
    .map(
      ({ kind, metadata }) =>
        `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`,
    )
    .filter((object) => !known.has(object));
}
