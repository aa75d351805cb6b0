import { execa, type ResultPromise } from "execa";
import { build } from "esbuild";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { importsOf, rightsOf } from "../../components/events/rights.ts";
import type { EventUser } from "../../components/kube/event-access.ts";
import { images } from "../../components/versions.ts";
import { accessFiles, connectFrom, readKept } from "../../events/client/index.ts";
import type { EventConnection, Numbered } from "../../events/client/index.ts";
import { heardOf, streamOf, subjectsOf } from "../../events/index.ts";
import {
  comment,
  locationOf,
  merge,
  patchIds,
  readPatch,
  repositoryIn,
  resolve,
  review,
  reviewComment,
  setLabels,
  setState,
} from "../../patches/index.ts";
import type { Repository } from "../../patches/index.ts";
import { newIdentity } from "../../provider/events/claims.ts";
import { eventAccount } from "../../provider/resources/event-account.ts";
import { eventStream } from "../../provider/resources/event-stream.ts";
import { nats, type RunningNats } from "../support/nats.ts";
import { programsOf } from "../support/programs.ts";
import { connected, radicleNode, radiclePrograms, radicleSeed } from "../support/radicle.ts";
import type { RadicleNode, RadicleSeed } from "../support/radicle.ts";

// The bridge as it stands beside the seed, between a real node and a real event bus: each of the three is killed in between.

const folder = mkdtempSync(join(tmpdir(), "guildnet-git-events-"));
const silent = (): void => {};
let programs: string;
let bus: RunningNats, seed: RadicleSeed, ada: RadicleNode, bob: RadicleNode;
let adas: Repository, bobs: Repository;
let reader: EventConnection;
let running: ResultPromise<{ reject: false; all: true }> | undefined;

beforeAll(async () => {
  await programsOf(images.nats, ["nats-server"], join(folder, "bin"));
  programs = await radiclePrograms(join(folder, "bin"));
  await build({
    entryPoints: [join(import.meta.dirname, "../../images/sidecars/git-events/main.ts")],
    outfile: join(folder, "git-events.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  bus = await nats(folder);
  await bus.start();
  await eventStream.create(
    {
      server: { ...bus.server },
      credentials: bus.operator.guildCredentials,
      name: streamOf("guild"),
      subjects: [subjectsOf("guild")],
      heard: heardOf("guild"),
      maxBytes: 4 * 1024 * 1024,
      maxAgeSeconds: 3600,
      duplicateWindowSeconds: 600,
      replicas: 1,
    },
    silent,
  );
  await joins({ kind: "service", service: "seed" });
  reader = await connectFrom(await joins({ kind: "workspace", id: "ada", owner: "ada", admin: false }), {
    reconnectTimeWait: 50,
  });
  seed = await radicleSeed(folder, programs);
  ada = await radicleNode(folder, programs, "ada", seed);
  bob = await radicleNode(folder, programs, "bob", seed);
  await seed.start();
  writeFileSync(join(folder, "people.json"), JSON.stringify({ [ada.nid]: "ada" }));
  startBridge();
  await Promise.all([ada, bob].map((one) => one.start()));
  await Promise.all([ada, bob].map((one) => connected(one, seed)));
}, 1_800_000);

afterAll(async () => {
  await killBridge();
  await Promise.all([seed, ada, bob].map((one) => one?.stop()));
  await reader?.connection.close();
  await bus?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes somebody known to the bus. @returns a folder as its pods have it */
async function joins(user: EventUser): Promise<string> {
  const rights = rightsOf(user, ["ada", "bob"]),
    { source, reads } = rights;
  const { account, credentials } = await newIdentity(source);
  await eventAccount.create(
    {
      server: { ...bus.server },
      credentials: bus.operator.systemCredentials,
      operatorSeed: bus.operator.operatorSeed,
      account,
      name: source,
      imports: importsOf(rights).map((each) => ({ ...each })),
    },
    silent,
  );
  const into = join(folder, "access", source);
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, accessFiles.credentials), credentials);
  writeFileSync(join(into, accessFiles.authority), bus.server.caCertificatePem);
  writeFileSync(join(into, accessFiles.settings), JSON.stringify({ servers: [bus.server.url], source, reads }));
  return into;
}

function startBridge(): void {
  running = execa(process.execPath, [join(folder, "git-events.mjs")], {
    env: {
      PATH: `${programs}:${process.env["PATH"]}`,
      RAD_HOME: seed.place.radHome,
      GUILDNET_GIT_EVENTS_STATE: join(folder, "told"),
      GUILDNET_EVENTS: join(folder, "access/seed"),
      GUILDNET_PEOPLE: join(folder, "people.json"),
      GUILDNET_GIT_EVENTS_HEALTH_PORT: "0",
    },
    reject: false,
    all: true,
  });
}

async function killBridge(): Promise<void> {
  running?.kill("SIGKILL");
  await running;
  running = undefined;
}

async function all(): Promise<Numbered[]> {
  const events = [];
  for await (const event of readKept(reader.connection, "guild", { after: 0 })) events.push(event);
  return events;
}

/** What is on the bus, each as its type and what is telling of it. */
async function told(): Promise<string[]> {
  return (await all()).map((event) => {
    if (!event.known) throw new Error(`an event that nobody knows: ${event.why}`);
    const { type } = event,
      data = event.data as Record<string, unknown>;
    const what = data["title"] ?? data["ref"] ?? data["verdict"] ?? data["text"] ?? data["state"] ?? "";
    return `${type} ${String(what)} by ${data["by"] === "ada" ? "ada" : data["by"] === `did:key:${bob.nid}` ? "bob" : String(data["by"])}`;
  });
}

const expected: string[] = [];
/** Waits until exactly these came, in this order, after all before them. */
async function came(...more: string[]): Promise<void> {
  expected.push(...more);
  await vi.waitFor(async () => expect(await told()).toEqual(expected), { timeout: 60_000, interval: 100 });
}

const git = (who: RadicleNode, ...args: string[]): Promise<string> => who.run("work", ["git", ...args]);

async function openPatch(who: RadicleNode, repository: Repository, title: string): Promise<string> {
  const before = new Set(await patchIds(repository));
  await git(who, "checkout", "--quiet", "--detach", "rad/main");
  writeFileSync(join(who.home, "work", `${title}.txt`), "1\n2\n3\n");
  await git(who, "add", "--all");
  await git(who, "commit", "--quiet", "--message", title);
  await git(who, "push", "--quiet", "rad", "HEAD:refs/patches");
  const [id] = (await patchIds(repository)).filter((one) => !before.has(one));
  if (id === undefined) throw new Error("no patch was opened");
  return id;
}

/** Waits until what one did came to the other, so that what comes next comes next for the seed as well. */
async function arrived(repository: Repository, id: string, operations: number): Promise<void> {
  await vi.waitFor(async () => expect((await readPatch(repository, id)).timeline).toHaveLength(operations), {
    timeout: 60_000,
    interval: 100,
  });
}

let id: string, second: string, reviewed: string, asked: string;

test("a repository that is made, and a patch that is opened, are on the bus", async () => {
  mkdirSync(join(ada.home, "work"));
  await git(ada, "init", "--quiet");
  writeFileSync(join(ada.home, "work/lines.txt"), "1\n2\n3\n");
  await git(ada, "add", "--all");
  await git(ada, "commit", "--quiet", "--message", "Begin");
  await ada.run("work", [
    "rad",
    "init",
    "--name",
    "work",
    "--description",
    "It",
    "--default-branch",
    "main",
    "--public",
    "--no-confirm",
  ]);
  const rid = (await ada.run("work", ["rad", "inspect", "--rid"])).trim();
  await came("git.push refs/heads/main by ada");
  adas = await repositoryIn(ada.place, rid);
  await bob.run(".", ["rad", "clone", rid, "--no-confirm"]);
  bobs = await repositoryIn(bob.place, rid);
  id = await openPatch(bob, bobs, "ünï");
  await came("git.patch.opened ünï by bob");
  expect((await all()).at(-1)).toMatchObject({
    source: "seed",
    data: { repository: { id: rid, name: "work" }, patch: id, revision: id },
  });
});

test("every step of a review is, in order", async () => {
  await arrived(adas, id, 1);
  const {
    revisions: [first],
  } = await readPatch(adas, id);
  ({ id: reviewed } = await review(adas, id, { revision: id, verdict: "reject", summary: "not yet" }));
  await came("git.patch.reviewed reject by ada");
  ({ id: asked } = await reviewComment(adas, id, {
    review: reviewed,
    text: "Why?",
    location: locationOf(first?.oid ?? "", "ünï.txt", { new: { first: 2, last: 3 } }),
  }));
  await came("git.patch.commented Why? by ada");
  expect((await all()).at(-1)).toMatchObject({ data: { comment: asked, review: reviewed, path: "ünï.txt", line: 3 } });
  await arrived(bobs, id, 3);
  await reviewComment(bobs, id, { review: reviewed, text: "So", replyTo: asked });
  await came("git.patch.commented So by bob");
  await arrived(adas, id, 4);
  await resolve(adas, id, { review: reviewed, comment: asked });
  await came("git.patch.changed open by ada");
});

test("what happens while the bridge is away is told when it is there again", async () => {
  await killBridge();
  await setLabels(adas, id, ["later"]);
  await setState(adas, id, "archived");
  await setState(adas, id, "open");
  await arrived(bobs, id, 8);
  writeFileSync(join(bob.home, "work/more.txt"), "more\n");
  await git(bob, "add", "--all");
  await git(bob, "commit", "--quiet", "--message", "More");
  await git(bob, "push", "--quiet", "rad", `HEAD:refs/heads/patches/${id}`);
  await arrived(adas, id, 9);
  startBridge();
  await came(
    "git.patch.changed open by ada",
    "git.patch.changed open by ada",
    "git.patch.changed open by ada",
    "git.patch.updated  by bob",
  );
  second = (await readPatch(adas, id)).revisions[1]?.id ?? "";
});

test("what happens while the bus is away is told when it is there again, also by a bridge that was killed meanwhile", async () => {
  await bus.kill();
  await review(adas, id, { revision: second, verdict: "accept", summary: "now" });
  await killBridge();
  startBridge();
  await comment(adas, id, { revision: second, text: "while nobody hears" });
  await bus.start();
  await came("git.patch.reviewed accept by ada", "git.patch.commented while nobody hears by ada");
});

test("what happens while the seed's node is away is told when it is there again", async () => {
  await seed.kill();
  await bob.run("work", ["rad", "patch", "comment", id, "--message", "to nobody", "--no-announce"]);
  await seed.start();
  // Nodes look for a seed that went away again after a minute; new ones at once.
  for (const one of [ada, bob]) {
    await one.stop();
    await one.start();
    await connected(one, seed);
  }
  await bob.run("work", ["rad", "sync", "--announce"]);
  await came("git.patch.commented to nobody by bob");
});

test("a merge is a push and a merged patch, and nothing is ever told twice", async () => {
  await arrived(adas, id, 12);
  const { commit } = await merge(adas, id);
  await came("git.push refs/heads/main by ada", "git.patch.merged  by ada");
  expect((await all()).at(-1)).toMatchObject({ data: { patch: id, revision: second, commit } });
  for (let time = 0; time < 3; time++) {
    await killBridge();
    startBridge();
    await comment(adas, id, { revision: id, text: `after ${time}` });
    await came(`git.patch.commented after ${time} by ada`);
  }
});

test("what a stranger says of a patch and may not is not told", async () => {
  const other = await openPatch(bob, bobs, "other");
  await came("git.patch.opened other by bob");
  await arrived(adas, other, 1);
  const jsonl = join(bob.home, "merge.jsonl");
  const [revision] = (await readPatch(bobs, other)).revisions;
  writeFileSync(jsonl, JSON.stringify({ type: "review", revision: "0".repeat(40), verdict: "accept" }));
  await bob.run("work", [
    "rad",
    "cob",
    "update",
    "--repo",
    bobs.rid,
    "--type",
    "xyz.radicle.patch",
    "--object",
    other,
    "--message",
    "forged",
    jsonl,
  ]);
  await comment(bobs, other, { revision: revision?.id ?? "", text: "all well" });
  await came("git.patch.commented all well by bob");
});
