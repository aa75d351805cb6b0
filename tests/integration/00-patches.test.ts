import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  comment,
  describe as describePatch,
  editComment,
  listPatches,
  locate,
  locationOf,
  merge,
  patchIds,
  readDiff,
  readFileDiff,
  readOperations,
  readPatch,
  redactComment,
  repositoryIn,
  resolve,
  review,
  reviewComment,
  reviewState,
  setLabels,
  setState,
  whoIs,
} from "../../patches/index.ts";
import type { Patch, Repository } from "../../patches/index.ts";
import { localPlace } from "../../patches/local.ts";
import { connected, radicleNode, radiclePrograms, radicleSeed } from "../support/radicle.ts";
import type { RadicleNode, RadicleSeed } from "../support/radicle.ts";

// What the module of patches believes of Radicle, held against its programs: a seed, and two people who work on one thing.

const folder = mkdtempSync(join(tmpdir(), "guildnet-patches-"));
let programs: string;
let seed: RadicleSeed, ada: RadicleNode, bob: RadicleNode;
/** The repository as each of them has it. */
let adas: Repository, bobs: Repository, seeds: Repository;

const odd =
  "Ünïcode ✨ 日本 \"quoted\" 'too' `id` $(id) $HOME\n--delete --force\n\n- [x] \\n is no line\ttab\u0007 end\r\nlast";

beforeAll(async () => {
  programs = await radiclePrograms(join(folder, "bin"));
  seed = await radicleSeed(folder, programs);
  ada = await radicleNode(folder, programs, "ada", seed);
  bob = await radicleNode(folder, programs, "bob", seed);
  await seed.start();
  await Promise.all([ada, bob].map((one) => one.start()));
  await Promise.all([ada, bob].map((one) => connected(one, seed)));
}, 1_800_000);

afterAll(async () => {
  await Promise.all([seed, ada, bob].map((one) => one?.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const git = (who: RadicleNode, ...args: string[]): Promise<string> => who.run("work", ["git", ...args]);
const write = (who: RadicleNode, path: string, content: string | Uint8Array): void =>
  writeFileSync(join(who.home, "work", path), content);
const numbers = (count: number, change: (line: number) => string = String): string =>
  Array.from({ length: count }, (_, index) => `${change(index + 1)}\n`).join("");

/** A branch with what `change` does, pushed as a patch. @returns its id */
async function openPatch(
  who: RadicleNode,
  repository: Repository,
  title: string,
  change: () => void,
  more: string[] = [],
): Promise<string> {
  const before = new Set(await patchIds(repository));
  await git(who, "checkout", "--quiet", "--detach", "rad/main");
  change();
  await git(who, "add", "--all");
  await git(
    who,
    "commit",
    "--quiet",
    "--allow-empty",
    "--message",
    title,
    ...more.flatMap((text) => ["--message", text]),
  );
  await git(who, "push", "--quiet", "rad", "HEAD:refs/patches");
  const [id] = (await patchIds(repository)).filter((one) => !before.has(one));
  if (id === undefined) throw new Error("no patch was opened");
  return id;
}

/** Waits until a patch is, in a place, as somebody expects it. */
async function until(repository: Repository, id: string, isSo: (patch: Patch) => boolean): Promise<Patch> {
  return vi.waitFor(
    async () => {
      const patch = await readPatch(repository, id);
      if (!isSo(patch))
        throw new Error(`patch ${id} is not so in ${repository.place.radHome}: ${JSON.stringify(patch)}`);
      return patch;
    },
    { timeout: 60_000, interval: 100 },
  );
}

describe("a repository", () => {
  test("is made by one, seeded by the seed by itself, and cloned by the other", async () => {
    mkdirSync(join(ada.home, "work"));
    await git(ada, "init", "--quiet");
    write(ada, "lines.txt", numbers(100));
    write(ada, "old-name.txt", numbers(20));
    write(ada, "picture", Uint8Array.of(0, 1, 2, 255));
    write(ada, "going.txt", "going\n");
    await git(ada, "add", "--all");
    await git(ada, "commit", "--quiet", "--message", "Begin");
    await ada.run("work", [
      "rad",
      "init",
      "--name",
      "work",
      "--description",
      "What both work on",
      "--default-branch",
      "main",
      "--public",
      "--no-confirm",
    ]);
    const rid = (await ada.run("work", ["rad", "inspect", "--rid"])).trim();
    adas = await repositoryIn(ada.place, rid);
    expect(adas).toMatchObject({
      rid,
      name: "work",
      description: "What both work on",
      defaultBranch: "main",
      delegates: [ada.nid],
      threshold: 1,
    });
    seeds = await vi.waitFor(() => repositoryIn(seed.place, rid), { timeout: 60_000, interval: 100 });
    await bob.run(".", ["rad", "clone", rid, "--no-confirm"]);
    bobs = await repositoryIn(bob.place, rid);
    expect(await whoIs(bob.place)).toBe(bob.nid);
    expect(await listPatches(bobs)).toEqual({ patches: [], unreadable: [] });
  });

  test("that is not in a place is told so", async () => {
    await expect(repositoryIn(bob.place, "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5")).rejects.toMatchObject({
      code: "no-repository",
    });
    await expect(listPatches({ place: bob.place, rid: "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5" })).rejects.toMatchObject({
      code: "no-repository",
    });
    for (const rid of ["--help", "rad:z3/../../etc", ""])
      await expect(listPatches({ place: bob.place, rid })).rejects.toMatchObject({ code: "bad-input" });
  });
});

describe("a patch", () => {
  let id: string, first: string, reviewId: string, question: string;

  test("opened by one is read by the other, with what it changes", async () => {
    id = await openPatch(
      bob,
      bobs,
      "Change ten",
      () => {
        write(
          bob,
          "lines.txt",
          numbers(100, (line) => (line === 10 ? "ten" : String(line))),
        );
        unlinkSync(join(bob.home, "work/going.txt"));
        write(bob, "picture", Uint8Array.of(0, 9, 9));
        writeFileSync(join(bob.home, "work/new-name.txt"), readFileSync(join(bob.home, "work/old-name.txt")));
        unlinkSync(join(bob.home, "work/old-name.txt"));
      },
      [odd.replaceAll("\r", "").replaceAll("\u0007", "")],
    );
    const patch = await until(adas, id, () => true);
    expect(patch).toMatchObject({
      id,
      title: "Change ten",
      author: bob.nid,
      state: { status: "open" },
      labels: [],
      merges: [],
    });
    expect(patch.revisions).toHaveLength(1);
    expect(patch.revisions[0]?.description).toContain('Ünïcode ✨ 日本 "quoted"');
    first = patch.revisions[0]?.id ?? "";
    const [{ base, oid } = { base: "", oid: "" }] = patch.revisions;
    const { files } = await readDiff(seeds, { base, oid });
    expect(files.map(({ path, change, isBinary }) => [path, change, isBinary])).toEqual([
      ["going.txt", "deleted", false],
      ["lines.txt", "changed", false],
      ["new-name.txt", "renamed", false],
      ["picture", "changed", true],
    ]);
    expect(files[2]).toMatchObject({ oldPath: "old-name.txt", added: 0, removed: 0, hunks: [] });
    expect(files[1]?.hunks?.[0]?.lines.filter(({ kind }) => kind !== "context")).toEqual([
      { kind: "removed", text: "10", old: 10 },
      { kind: "added", text: "ten", new: 10 },
    ]);
  });

  test("is reviewed with a comment on a line, which is answered and resolved", async () => {
    const {
      revisions: [revision],
    } = await readPatch(adas, id);
    if (revision === undefined) throw new Error("no revision");
    const reviewed = await review(adas, id, { revision: first, verdict: "reject", summary: odd });
    expect(reviewed).toMatchObject({ isAnnounced: true });
    reviewId = reviewed.id;
    const location = locationOf(revision.oid, "lines.txt", {
      old: { first: 10, last: 10 },
      new: { first: 10, last: 11 },
    });
    const asked = await reviewComment(adas, id, { review: reviewId, text: odd, location });
    question = asked.id;
    const [answered] = (await until(bobs, id, ({ revisions }) => (revisions[0]?.reviews[0]?.comments.length ?? 0) > 0))
      .revisions;
    expect(answered?.reviews).toMatchObject([
      {
        id: reviewId,
        author: ada.nid,
        verdict: "reject",
        summary: odd,
        comments: [{ id: question, body: odd, location }],
      },
    ]);
    expect(locate(location, revision, (await readDiff(bobs, revision)).files)).toEqual({
      path: "lines.txt",
      old: { first: 10, last: 10 },
      new: { first: 10, last: 11 },
      is: "on",
    });
    const { patch } = await reviewComment(bobs, id, { review: reviewId, text: "Because", replyTo: question });
    const before = reviewState(patch, "main");
    expect(before).toMatchObject({
      accepted: [],
      rejected: [ada.nid],
      openThreads: [
        {
          review: reviewId,
          root: { id: question },
          replies: [{ body: "Because", author: bob.nid, replyTo: question }],
        },
      ],
    });
    const resolved = await resolve(bobs, id, { review: reviewId, comment: question });
    expect(reviewState(resolved.patch, "main").openThreads).toEqual([]);
    expect(
      reviewState((await resolve(bobs, id, { review: reviewId, comment: question }, false)).patch, "main").openThreads,
    ).toHaveLength(1);
    await resolve(bobs, id, { review: reviewId, comment: question });
  });

  test("is discussed, in answers to answers, and what one wrote oneself is changed and taken back", async () => {
    const { id: root } = await comment(bobs, id, { revision: first, text: "--message=none" });
    const { id: reply, patch } = await comment(bobs, id, { revision: first, text: "of mine", replyTo: root });
    expect(patch.revisions[0]?.discussion).toMatchObject([
      { id: root, body: "--message=none" },
      { id: reply, replyTo: root },
    ]);
    const edited = await editComment(bobs, id, { revision: first, comment: reply }, odd);
    expect(edited.patch.revisions[0]?.discussion[1]).toMatchObject({ body: odd, editedAt: expect.any(String) });
    const { patch: after } = await redactComment(bobs, id, { revision: first, comment: reply });
    expect(after.revisions[0]?.discussion.map((one) => one.id)).toEqual([root]);
    await until(adas, id, ({ revisions }) => revisions[0]?.discussion.length === 1);
    await expect(editComment(adas, id, { revision: first, comment: root }, "mine now")).rejects.toMatchObject({
      code: "not-allowed",
    });
  });

  test("gets a second revision, which is accepted by the same person, whose word on the first is changed", async () => {
    await git(bob, "checkout", "--quiet", "--detach", (await readPatch(bobs, id)).revisions[0]?.oid ?? "");
    write(bob, "more.txt", "more\n");
    await git(bob, "add", "--all");
    await git(bob, "commit", "--quiet", "--message", "More");
    await git(bob, "push", "--quiet", "rad", `HEAD:refs/heads/patches/${id}`);
    const { revisions } = await until(adas, id, (patch) => patch.revisions.length === 2);
    const second = revisions[1]?.id ?? "";
    expect(reviewState(await readPatch(adas, id), "main")).toMatchObject({
      latest: { id: second },
      rejected: [],
      standings: [{ verdict: "reject", isCurrent: false }],
    });
    const changed = await review(adas, id, { revision: first, verdict: "accept", summary: "after all" });
    expect(changed.id).toBe(reviewId);
    expect(changed.patch.revisions[0]?.reviews).toMatchObject([
      { id: reviewId, verdict: "accept", summary: "after all", editedAt: expect.any(String) },
    ]);
    const { patch } = await review(adas, id, { revision: second, verdict: "accept" });
    expect(reviewState(patch, "main")).toMatchObject({ accepted: [ada.nid], rejected: [] });
    expect(patch.revisions[1]?.reviews[0]).not.toHaveProperty("editedAt");
  });

  test("is labelled, closed, opened and made a draft by who may", async () => {
    await expect(setLabels(bobs, id, ["mine"])).rejects.toMatchObject({ code: "not-allowed" });
    expect((await setLabels(adas, id, ["ui", "größe", "--x"])).patch.labels.toSorted()).toEqual(["--x", "größe", "ui"]);
    expect((await setLabels(adas, id, [])).patch.labels).toEqual([]);
    for (const status of ["archived", "open", "draft", "open"] as const)
      expect((await setState(bobs, id, status)).patch.state.status).toBe(status);
    const { patch } = await describePatch(bobs, id, { title: '--title "Ünï" $(id)', description: odd });
    expect(patch).toMatchObject({ title: '--title "Ünï" $(id)', revisions: [{ description: odd }, {}] });
    await until(adas, id, ({ title }) => title.startsWith("--title"));
  });

  test("is merged by who may, seen so by everybody, and stays so", async () => {
    await expect(merge(bobs, id)).rejects.toMatchObject({ code: "not-allowed" });
    const { commit, patch } = await merge(adas, id);
    expect(reviewState(patch, "main").merged).toMatchObject({
      revision: patch.revisions[1]?.id,
      branch: "main",
      by: [{ by: ada.nid }],
    });
    await until(bobs, id, ({ state }) => state.status === "merged");
    await until(seeds, id, ({ state }) => state.status === "merged");
    await vi.waitFor(async () => expect(await git(bob, "ls-remote", "rad", "refs/heads/main")).toContain(commit), {
      timeout: 60_000,
    });
    await expect(merge(adas, id)).rejects.toMatchObject({ code: "conflict" });
    await expect(setState(adas, id, "archived")).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("what Radicle would drop without a word", () => {
  const nowhere = "0123456789012345678901234567890123456789";
  let id: string;
  beforeAll(async () => {
    await git(ada, "fetch", "--quiet", "rad");
    id = await openPatch(ada, adas, "Odd", () => write(ada, "odd.txt", "odd\n"));
  });

  test("is refused: it is of something that isn't there", async () => {
    await expect(readPatch(adas, nowhere)).rejects.toMatchObject({ code: "no-patch" });
    await expect(readOperations(adas, nowhere)).rejects.toMatchObject({ code: "no-patch" });
    await expect(review(adas, id, { revision: nowhere, verdict: "accept" })).rejects.toMatchObject({
      code: "no-revision",
    });
    await expect(comment(adas, id, { revision: id, text: "a", replyTo: nowhere })).rejects.toMatchObject({
      code: "no-comment",
    });
    await expect(reviewComment(adas, id, { review: nowhere, text: "a" })).rejects.toMatchObject({ code: "no-review" });
    await expect(readDiff(adas, { base: nowhere, oid: nowhere })).rejects.toMatchObject({ code: "no-revision" });
    expect(await readOperations(adas, id)).toHaveLength(1);
  });

  test("is refused: it is nothing, or not of its form", async () => {
    await expect(review(adas, id, { revision: id })).rejects.toMatchObject({ code: "bad-input" });
    for (const text of ["", " \n "])
      await expect(comment(adas, id, { revision: id, text })).rejects.toMatchObject({ code: "bad-input" });
    await expect(setLabels(adas, id, ["two words"])).rejects.toMatchObject({ code: "bad-input" });
    for (const title of ["", "two\nlines"])
      await expect(describePatch(adas, id, { title })).rejects.toMatchObject({ code: "bad-input" });
    for (const patch of ["--help", id.slice(0, 7), ""])
      await expect(readPatch(adas, patch)).rejects.toMatchObject({ code: "bad-input" });
    expect(await readOperations(adas, id)).toHaveLength(1);
  });

  test("is told: whoever is there has no key, or can't use it", async () => {
    const somebody = (home: string, passphrase?: string): Repository => ({
      rid: adas.rid,
      place: localPlace(home, {
        PATH: `${programs}:${process.env["PATH"]}`,
        SSH_AUTH_SOCK: undefined,
        RAD_PASSPHRASE: passphrase,
      }),
    });
    mkdirSync(join(folder, "nobody"));
    await expect(comment(somebody(ada.place.radHome, "wrong"), id, { revision: id, text: "a" })).rejects.toMatchObject({
      code: "no-key",
    });
    await expect(comment(somebody(ada.place.radHome), id, { revision: id, text: "a" })).rejects.toMatchObject({
      code: "no-key",
    });
    await expect(readPatch(somebody(join(folder, "nobody")), id)).rejects.toMatchObject({ code: "no-key" });
  });

  test("stays though many write in one place at once, and others elsewhere", async () => {
    await until(bobs, id, () => true);
    const texts = Array.from({ length: 12 }, (_, index) => `comment ${index}`);
    await Promise.all(texts.map((text, index) => comment(index % 3 === 0 ? bobs : adas, id, { revision: id, text })));
    for (const each of [adas, bobs, seeds]) {
      const patch = await until(each, id, ({ revisions }) => revisions[0]?.discussion.length === texts.length);
      expect(patch.revisions[0]?.discussion.map(({ body }) => body).toSorted()).toEqual(texts.toSorted());
    }
  });

  test("is one review though one person reviews twice at once", async () => {
    const [one, other] = await Promise.all(
      (["accept", "reject"] as const).map((verdict) => review(bobs, id, { revision: id, verdict })),
    );
    expect(one?.id).toBe(other?.id);
    expect((await readPatch(bobs, id)).revisions[0]?.reviews).toHaveLength(1);
  });
});

describe("a diff", () => {
  const rangeOf = async (id: string) => {
    const {
      revisions: [revision],
    } = await readPatch(adas, id);
    if (revision === undefined) throw new Error("no revision");
    return revision;
  };

  test("of nothing has no files", async () => {
    const id = await openPatch(ada, adas, "Nothing", () => {});
    expect((await readDiff(adas, await rangeOf(id))).files).toEqual([]);
  });

  test("of 5,000 lines is listed, and shown when it is asked for", async () => {
    const id = await openPatch(ada, adas, "Much", () => write(ada, "much.txt", numbers(5_000)));
    const range = await rangeOf(id);
    const {
      files: [file],
    } = await readDiff(adas, range);
    expect(file).toMatchObject({ path: "much.txt", change: "added", added: 5_000, removed: 0 });
    expect(file).not.toHaveProperty("hunks");
    const { hunks } = await readFileDiff(adas, range, "much.txt");
    expect(
      hunks
        ?.flatMap(({ lines }) => lines)
        .map(({ new: line, text }) => [line, text])
        .at(-1),
    ).toEqual([5_000, "5000"]);
  });

  test("of many lines in many files is shown up to its bounds, and listed whole", async () => {
    const id = await openPatch(ada, adas, "Many", () => {
      for (let file = 10; file < 20; file++) write(ada, `many-${file}.txt`, numbers(100));
      write(ada, "wide.txt", `${"x".repeat(600_000)}\n`);
    });
    const { files } = await readDiff(adas, await rangeOf(id), {
      files: 8,
      linesOfFile: 200,
      lines: 550,
      bytesOfFile: 512 * 1024,
    });
    expect(files).toHaveLength(11);
    expect(files.filter(({ hunks }) => hunks !== undefined).map(({ path }) => path)).toEqual(
      [10, 11, 12, 13, 14].map((file) => `many-${file}.txt`),
    );
  });

  test("has odd names and odd files", async () => {
    const names = [
      'quo"te.txt',
      "tab\there.txt",
      "new\nline.txt",
      "-dash.txt",
      ":(glob)*.txt",
      "ünï 日本.txt",
      "a b/c → d.txt",
    ];
    const id = await openPatch(ada, adas, "Names", () => {
      mkdirSync(join(ada.home, "work/a b"));
      for (const name of names) write(ada, name, `${name}\r\nno end`);
      write(ada, "empty.txt", "");
      unlinkSync(join(ada.home, "work/lines.txt"));
      symlinkSync("more.txt", join(ada.home, "work/lines.txt"));
    });
    const { files } = await readDiff(adas, await rangeOf(id));
    expect(files.map(({ path }) => path).toSorted()).toEqual([...names, "empty.txt", "lines.txt"].toSorted());
    for (const name of names) {
      const its = files.find(({ path }) => path === name);
      const lines = `${name}\r\nno end`.split("\n");
      expect(its?.hunks?.[0]?.lines).toEqual(
        lines.map((text, index) => ({
          kind: "added",
          text,
          new: index + 1,
          ...(index === lines.length - 1 && { isUnended: true }),
        })),
      );
      expect(await readFileDiff(adas, await rangeOf(id), name)).toEqual(its);
    }
    expect(files.find(({ path }) => path === "empty.txt")).toMatchObject({ change: "added", added: 0, hunks: [] });
    expect(files.find(({ path }) => path === "lines.txt")).toMatchObject({
      change: "type-changed",
      oldMode: "100644",
      newMode: "120000",
    });
  });
});

describe("a merge", () => {
  test("that takes a commit of its own keeps both sides; one whose lines both changed is refused by their file", async () => {
    await git(ada, "fetch", "--quiet", "rad");
    const line = (number: number, text: string) => () =>
      write(
        ada,
        "lines.txt",
        numbers(100, (one) => (one === number ? text : one === 10 ? "ten" : String(one))),
      );
    const [top, bottom, clash] = [
      await openPatch(ada, adas, "Top", line(2, "two")),
      await openPatch(ada, adas, "Bottom", line(90, "ninety")),
      await openPatch(ada, adas, "Clash", line(2, "zwei")),
    ];
    await merge(adas, top);
    const { commit, patch } = await merge(adas, bottom, { message: odd });
    expect(patch.state.status).toBe("merged");
    await git(ada, "fetch", "--quiet", "rad");
    expect(await git(ada, "show", `${commit}:lines.txt`)).toBe(
      numbers(100, (one) => ({ 2: "two", 10: "ten", 90: "ninety" })[one] ?? String(one)),
    );
    expect(await git(ada, "log", "-1", "--format=%B", commit)).toContain("--delete --force");
    await expect(merge(adas, clash)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("lines.txt"),
    });
    expect((await readPatch(adas, clash)).state.status).toBe("open");
  });
});

test("a seed that is away loses nothing: it is told when it is there again", async () => {
  const id = await openPatch(bob, bobs, "Away", () => write(bob, "away.txt", "away\n"));
  await until(seeds, id, () => true);
  await seed.kill();
  await bob.stop();
  expect(await comment(bobs, id, { revision: id, text: "while nobody was there" })).toMatchObject({
    isAnnounced: false,
  });
  await seed.start();
  await bob.start();
  await until(seeds, id, ({ revisions }) => revisions[0]?.discussion.length === 1);
});
