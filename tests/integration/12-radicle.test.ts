import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { locationOf, nidOf, readPatch, repositoryIn, review, reviewComment } from "../../patches/index.ts";
import type { Patch, Repository } from "../../patches/index.ts";
import { keptEvents, newestNumber } from "../support/events.ts";
import { everything, kubectl, mustGuildnet, upUnlessUp } from "../support/guildnet.ts";
import { workspacePlace } from "../support/workspace-place.ts";

// Two people and their agents work on a repository, in workspaces as they come. What patches are is tried by 00-patches.

const soon = { timeout: 120_000, interval: 500 };
const seed = ["--namespace", "guildnet-radicle"] as const;
const NAME = `shared-${randomUUID().slice(0, 8)}`;
const PROJECT = `radicle/${NAME}`;

let rid = "",
  patch = "",
  first = 0;
let adas: Repository, bobs: Repository;

beforeAll(async () => {
  await upUnlessUp(everything);
  for (const who of ["ada", "bob"])
    await kubectl("rollout", "status", "--namespace", `ws-${who}`, "deploy/workspace", "--timeout", "90s");
  await kubectl("rollout", "status", ...seed, "deploy/radicle", "--timeout", "90s");
  // One is told of the other once both have said who they are, and are connected.
  for (const [who, other] of [
    ["ada", "bob"],
    ["bob", "ada"],
  ] as const)
    await vi.waitFor(async () => expect(await shell(who, "rad follow")).toContain(other), soon);
  first = (await newestNumber("bob")) + 1;
}, 1_800_000);

describe("a repository of two people", () => {
  test("is made by one, known to the seed, and cloned by the other", async () => {
    await shell(
      "ada",
      `mkdir -p ~/${PROJECT}; cd ~/${PROJECT}; git init --quiet; printf '%s\\n' one two three >lines
      git add lines; git commit --quiet --message One
      rad init --name ${NAME} --description "What we share" --default-branch main --public --no-confirm`,
    );
    rid = (await work("ada", "rad .")).trim();
    expect(await work("ada", "git log -1 --format='%an %ae'")).toBe("ada ada@guildnet.local");
    await shell("bob", `mkdir -p ~/radicle; rad clone ${rid} ~/${PROJECT}`);
    expect(await work("bob", "cat lines")).toBe("one\ntwo\nthree");
    [adas, bobs] = await Promise.all([
      repositoryIn(workspacePlace("ada"), rid),
      repositoryIn(workspacePlace("bob"), rid),
    ]);
    await told("git.push ada refs/heads/main");
  });

  test("gets a patch by one", async () => {
    await work("bob", "git switch --quiet --create more; sed --in-place s/two/2/ lines");
    await work("bob", 'git commit --quiet --all --message "Two by number"; git push --quiet rad HEAD:refs/patches');
    patch = (await work("bob", `rad cob list --repo ${rid} --type xyz.radicle.patch`)).trim();
    expect(await has(adas, ({ title }) => title === "Two by number")).toMatchObject({
      id: patch,
      author: nidOf((await shell("bob", "rad self --did")).trim()),
      state: { status: "open" },
    });
    await told(`git.patch.opened bob ${patch}`);
  });

  test("loses nothing of what is pushed, reviewed and said of a line while the seed is killed", async () => {
    await kubectl("delete", "pod", ...seed, "--all", "--grace-period", "0", "--force");
    const { revisions } = await readPatch(adas, patch);
    const { id: revision = "", oid: commit = "" } = revisions[0] ?? {};
    await work("ada", `rad patch comment ${revision} --message "By number?"`);
    const { id } = await review(adas, patch, { revision, verdict: "accept", summary: "By number." });
    const location = locationOf(commit, "lines", { new: { first: 2, last: 2 } });
    await reviewComment(adas, patch, { review: id, text: "Here.", location });
    // Of a branch that is a patch it is another revision.
    await work("bob", "echo four >>lines; git commit --quiet --all --message Four; git push --quiet rad more");
    await kubectl("rollout", "status", ...seed, "deploy/radicle", "--timeout", "90s");
    await has(bobs, (seen) => seen.revisions[0]?.reviews[0]?.comments.length === 1);
    await has(adas, (seen) => seen.revisions.length === 2);
    for (const event of ["commented ada", "reviewed ada", "updated bob"]) await told(`git.patch.${event} ${patch}`);
  });

  test("has the patch in it once the other has merged it", async () => {
    await work(
      "ada",
      `rad patch checkout ${patch} --name two; git switch --quiet main; git merge --quiet --ff-only two`,
    );
    await work("ada", "git push --quiet rad main");
    await has(bobs, ({ state }) => state.status === "merged");
    await work("bob", "git switch --quiet main; git pull --quiet rad main");
    expect(await work("bob", "cat lines")).toBe("one\n2\nthree\nfour");
    await told(`git.patch.merged ada ${patch}`);
  });

  test("was told of on the bus, each step once, and what one did in its order", async () => {
    const events = await heard();
    const ofAda = ["commented", "reviewed", "commented", "merged"].map((what) => `git.patch.${what} ada ${patch}`);
    const pushes = Array<string>(2).fill("git.push ada refs/heads/main");
    const ofBob = ["opened", "updated"].map((what) => `git.patch.${what} bob ${patch}`);
    expect(events.toSorted()).toEqual([...pushes, ...ofAda, ...ofBob].toSorted());
    expect(events.filter((event) => ofAda.includes(event))).toEqual(ofAda);
    expect(events.filter((event) => ofBob.includes(event))).toEqual(ofBob);
  });
});

describe("a seed and a workspace that lost what they had", () => {
  test("have it again, of a backup and under the same identity", async () => {
    await mustGuildnet("backup", ["radicle"]);
    const who = await shell("bob", "rad self --did");
    const refs = await inSeed(`git -C ${storage()} for-each-ref`);
    await inSeed(`rm -rf ${storage()}`);
    await shell("bob", "rm -rf ~/.radicle ~/radicle");
    await kubectl("delete", "pod", "--namespace", "ws-bob", "--all", "--wait=false");
    await mustGuildnet("restore", ["radicle"]);
    expect(await inSeed(`git -C ${storage()} for-each-ref`)).toBe(refs);
    await inSeed(`git -C ${storage()} fsck --full --strict`);
    await kubectl("rollout", "status", "--namespace", "ws-bob", "deploy/workspace", "--timeout", "90s");
    // Nobody has it for him but the seed, which his node is connected to some seconds later.
    await vi.waitFor(() => shell("bob", `mkdir -p ~/radicle; rad clone ${rid} ~/${PROJECT}`), soon);
    expect(await shell("bob", "rad self --did")).toBe(who);
    expect(await work("bob", "cat lines")).toBe("one\n2\nthree\nfour");
    expect((await readPatch(bobs, patch)).revisions[0]?.reviews).toMatchObject([
      { verdict: "accept", summary: "By number.", comments: [{ body: "Here." }] },
    ]);
    await work("bob", "git push --quiet rad main");
  });
});

/** The patch as a place has it, as soon as it is so. */
function has(where: Repository, isSo: (patch: Patch) => boolean): Promise<Patch> {
  return vi.waitFor(async () => {
    const seen = await readPatch(where, patch);
    if (!isSo(seen)) throw new Error(`the patch is not so yet: ${JSON.stringify(seen)}`);
    return seen;
  }, soon);
}

/** What everybody heard of the repository: types, by whom, and of what. */
async function heard(): Promise<string[]> {
  const events = (await keptEvents("bob", first)) as { source: string; type: string; data: Told }[];
  return events
    .filter(({ source, data }) => source === "seed" && data.repository.id === rid)
    .map(({ type, data }) => `${type} ${data.by} ${data.patch ?? data.ref}`);
}

interface Told {
  readonly repository: { readonly id: string };
  readonly by: string;
  readonly ref?: string;
  readonly patch?: string;
}

async function told(event: string): Promise<void> {
  await vi.waitFor(async () => expect(await heard()).toContain(event), soon);
}

/** Runs a shell in a person's workspace, as their terminals do. */
function shell(who: string, script: string): Promise<string> {
  return kubectl("exec", "--namespace", `ws-${who}`, "deploy/workspace", "--", "bash", "-ec", script);
}

function work(who: string, script: string): Promise<string> {
  return shell(who, `cd ~/${PROJECT}; ${script}`);
}

const storage = (): string => `/data/radicle/storage/${rid.slice("rad:".length)}`;

function inSeed(script: string): Promise<string> {
  return kubectl("exec", ...seed, "deploy/radicle", "--container", "radicle", "--", "bash", "-ec", script);
}
