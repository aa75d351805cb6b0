import { describe, expect, test } from "vitest";
import { listPatches, patchIds, readOperations, readPatch, repositoryIn, reviewState, whoIs } from "./index.ts";
import { recorded, scriptedPlace } from "./testing/scripted-place.ts";

const rid = "rad:z3UhLPkeA698hgj1jiwQf3AycWR5Q";
const shown = recorded("merged-patch.json"),
  raw = JSON.parse(shown) as Record<string, unknown>;
const [id = ""] = raw["timeline"] as string[];
const second = "1b57a191da9ee9144f0b75087381a6b0fed7bf54";
const ada = "z6MkuvUwLEhXVT2HUjSWJAEXhoaj6f1QfzZo5k9E1eRL2T7q",
  bob = "z6MkfGmmNcahAPFBJq8dZE8xBrt1uiTrCvSy7iTc8kyYZKb9";

const read = (text: string) => readPatch({ rid, place: scriptedPlace([["cob show", text]]) }, id);

describe("a patch as rad prints it", () => {
  test("is read whole", async () => {
    const patch = await read(shown);
    expect(patch).toMatchObject({
      id,
      title: "Change ten",
      author: bob,
      state: { status: "merged", revision: second },
      labels: ["größe", "ui"],
      assignees: [bob],
      merges: [{ by: ada, revision: second, at: "2026-11-29T07:48:18.000Z" }],
    });
    expect(patch).not.toHaveProperty("target");
    expect(patch.revisions.map((revision) => revision.id)).toEqual([id, second]);
    const [first] = patch.revisions;
    expect(first).toMatchObject({
      author: bob,
      description: 'Long description\nwith "quotes"',
      at: "2026-11-29T07:46:10.000Z",
    });
    expect(first?.reactions).toEqual([{ author: ada, emoji: "🎉" }]);
    expect(first?.reviews.map(({ author, verdict, summary, labels }) => [author, verdict, summary, labels])).toEqual([
      [ada, "accept", "looks good now", ["code"]],
      [bob, undefined, "", []],
    ]);
    expect(first?.reviews[0]).toMatchObject({
      at: "2026-11-29T07:46:33.000Z",
      editedAt: expect.stringMatching(/^2026-11-29T08:/),
    });
    expect(first?.reviews[0]?.comments).toMatchObject([
      {
        body: "why ten?",
        author: ada,
        isResolved: true,
        reactions: [{ author: ada, emoji: "🙏" }],
        location: { path: "file.txt", old: null, new: { type: "lines", range: { start: 9, end: 10 } } },
      },
      { body: "because", author: bob, replyTo: expect.any(String), isResolved: false },
      { body: "chars", location: { new: { type: "chars", line: 40, range: { start: 0, end: 5 } } } },
    ]);
  });

  test("is without what was taken back, in the order in which it came", async () => {
    const {
      revisions: [first],
    } = await read(shown);
    const bodies = first?.discussion.map(({ body }) => body) ?? [];
    expect(bodies).not.toContain("to be taken back");
    expect(bodies[0]).toBe("general");
    expect(bodies).toHaveLength(15);
  });

  test("stands as one reads it", async () => {
    const state = reviewState(await read(shown), "main");
    expect(state).toMatchObject({
      latest: { id: second },
      accepted: [],
      rejected: [],
      merged: { revision: second, branch: "main", by: [{ by: ada }] },
    });
    expect(state.standings).toMatchObject([
      { reviewer: ada, verdict: "accept", isCurrent: false },
      { reviewer: bob, isCurrent: false },
    ]);
    expect(state.openThreads.map(({ root, replies }) => [root.body, replies.length])).toEqual([["chars", 0]]);
    expect(state.threads.find(({ root }) => root.body === "why ten?")?.replies.map(({ body }) => body)).toEqual([
      "because",
    ]);
  });

  test("is at its author's latest revision, whoever else made one since", async () => {
    const patch = await read(shown);
    const [first] = patch.revisions;
    const others = { ...patch, revisions: [...patch.revisions, { ...first!, id: "0".repeat(40), author: ada }] };
    expect(reviewState(others, "main").latest.id).toBe(second);
    expect(reviewState({ ...others, author: ada }, "main").latest.id).toBe("0".repeat(40));
  });

  test("of another branch names it, and of a newer rad is read without what nobody here knows", async () => {
    const newer = JSON.stringify({
      ...raw,
      target: { branch: "refs/heads/next" },
      colour: "red",
      state: { status: "open", mood: "well" },
    });
    expect(await read(newer)).toMatchObject({ target: "refs/heads/next", state: { status: "open", conflicts: [] } });
  });

  test.each([
    ["without its title", { ...raw, title: undefined }, /title/],
    ["with a state that nobody knows", { ...raw, state: { status: "queued" } }, /status/],
    ["with revisions of another form", { ...raw, revisions: { [id]: { id } } }, /revisions/],
  ])("%s is unreadable, and told by its id", async (_, other, why) => {
    await expect(read(JSON.stringify(other))).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(why),
    });
    await expect(read(JSON.stringify(other))).rejects.toThrow(id);
  });

  test("that is no JSON is unreadable", async () => {
    for (const text of ["{ half", ""]) await expect(read(text)).rejects.toMatchObject({ code: "unreadable" });
  });
});

describe("a list of patches", () => {
  const other = "0".repeat(39) + "1",
    third = "0".repeat(39) + "2";

  test("has those that can't be read as well", async () => {
    const broken = JSON.stringify({ ...raw, author: 7 });
    const place = scriptedPlace([
      ["cob list", `${id}\n${other}\n`],
      ["cob show", `${shown}${broken}\n`],
    ]);
    const { patches, unreadable } = await listPatches({ rid, place });
    expect(patches.map((patch) => patch.id)).toEqual([id]);
    expect(unreadable).toEqual([{ id: other, why: expect.stringMatching(/radicle 0.25.1.*author/) }]);
    expect(place.asked).toHaveLength(2);
  });

  test("asks for each by itself where rad can't read one of them", async () => {
    const place = scriptedPlace([
      ["cob list", `${other}\n${id}\n${third}\n`],
      [
        `--object ${other} --object`,
        { exitCode: 1, stdout: `✗ Error: object \`${other}\` of type \`xyz.radicle.patch\` was not found\n` },
      ],
      [`--object ${id}`, shown],
      [
        `--object ${other}`,
        { exitCode: 1, stdout: `✗ Error: object \`${other}\` of type \`xyz.radicle.patch\` was not found\n` },
      ],
      [`--object ${third}`, { exitCode: 1, stderr: "thread 'main' panicked" }],
    ]);
    const { patches, unreadable } = await listPatches({ rid, place });
    expect(patches.map((patch) => patch.id)).toEqual([id]);
    expect(unreadable).toEqual([
      { id: other, why: expect.stringContaining("was not found") },
      { id: third, why: expect.stringContaining("panicked") },
    ]);
  });

  test("ends, though rad prints nothing of one of them, or too much", async () => {
    for (const text of ["", shown.repeat(2)]) {
      const place = scriptedPlace([
        ["cob list", `${id}\n${other}\n`],
        [`--object ${id} --object`, shown],
        [`--object ${id}`, shown],
        ["cob show", text],
      ]);
      const { patches, unreadable } = await listPatches({ rid, place });
      expect(patches.map((patch) => patch.id)).toEqual([id]);
      expect(unreadable).toEqual([{ id: other, why: expect.stringContaining("something else than one patch") }]);
    }
  });

  test("is asked for in batches", async () => {
    const ids = Array.from({ length: 120 }, (_, index) => index.toString(16).padStart(40, "0"));
    const place = scriptedPlace([
      ["cob list", ids.join("\n")],
      ["cob show", (argv) => shown.repeat(argv.filter((word) => word === "--object").length)],
    ]);
    expect((await listPatches({ rid, place })).patches.map((patch) => patch.id)).toEqual(ids);
    expect(place.asked).toHaveLength(4);
  });

  test("is empty where there are none, and no list where rad says something else", async () => {
    expect(await listPatches({ rid, place: scriptedPlace([["cob list", ""]]) })).toEqual({
      patches: [],
      unreadable: [],
    });
    await expect(patchIds({ rid, place: scriptedPlace([["cob list", "none\n"]]) })).rejects.toMatchObject({
      code: "unreadable",
    });
  });
});

test("operations come oldest first, each after those it builds on", async () => {
  const operations = await readOperations(
    { rid, place: scriptedPlace([["cob log", recorded("operations.jsonl")]]) },
    id,
  );
  expect(operations[0]).toMatchObject({
    id,
    author: bob,
    parents: [],
    actions: [{ type: "revision" }, { type: "edit" }],
  });
  const seen = new Set<string>();
  for (const { id: one, parents } of operations) {
    expect(parents.every((parent) => seen.has(parent))).toBe(true);
    seen.add(one);
  }
  await expect(readOperations({ rid, place: scriptedPlace([["cob log", '{"id":1}']]) }, id)).rejects.toMatchObject({
    code: "unreadable",
  });
});

test("a repository says what it is, and a place who is there", async () => {
  const place = scriptedPlace([
    ["rad inspect", recorded("identity.json")],
    ["rad self", `did:key:${ada}\n`],
  ]);
  expect(await repositoryIn(place, rid)).toEqual({
    place,
    rid,
    name: "proj",
    description: "d",
    defaultBranch: "main",
    isPublic: true,
    delegates: [ada],
    threshold: 1,
  });
  expect(await whoIs(place)).toBe(ada);
});

test.each([
  ["no such patch", "✗ Error: revspec '0123' not found; class=Reference (4); code=NotFound (-3)", "no-patch"],
  [
    "no such repository",
    "✗ Error: failed to resolve path '/home/ada/.radicle/storage/z3gq': No such file or directory; class=Os (2)",
    "no-repository",
  ],
  ["not his to do", "✗ Error: store: update error: z6Mk not authorized to apply Label { labels: {} }", "not-allowed"],
  [
    "no passphrase",
    "✗ Error: error connecting to ssh-agent: Unable to read environment variable 'SSH_AUTH_SOCK'",
    "no-key",
  ],
  ["a wrong passphrase", "✗ Error: invalid passphrase", "no-key"],
  ["nobody there", "✗ Error: Radicle profile not found in '/tmp/nohome/.radicle'.", "no-key"],
  [
    "two at once",
    "✗ Error: store: signed refs: old reference value does not match; class=Reference (4); code=Modified (-15)",
    "conflict",
  ],
  ["something else", "thread 'main' panicked at src/main.rs", "failed"],
])("%s is known by what rad says", async (_, words, code) => {
  for (const ended of [
    { exitCode: 1, stdout: words },
    { exitCode: 1, stderr: words },
  ])
    await expect(readPatch({ rid, place: scriptedPlace([["cob show", ended]]) }, id)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
});

test("more than is taken is not taken in part", async () => {
  await expect(
    readPatch({ rid, place: scriptedPlace([["cob show", { stdout: shown, isCut: true }]]) }, id),
  ).rejects.toMatchObject({ code: "too-large" });
});
