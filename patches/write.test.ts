import { describe, expect, test } from "vitest";
import { comment, merge, review, reviewComment, setState } from "./index.ts";
import { update } from "./update.ts";
import { recorded, scriptedPlace } from "./testing/scripted-place.ts";

const rid = "rad:z3UhLPkeA698hgj1jiwQf3AycWR5Q";
const merged = JSON.parse(recorded("merged-patch.json")) as { timeline: string[]; state: object };
const [id = ""] = merged.timeline;
const open = JSON.stringify({ ...merged, state: { status: "open" } });
const written = "74900f2a485ed053c1cd871ed485bf0ca0cd3681",
  lost = "f".repeat(40);
const log = recorded("operations.jsonl");
const me = "did:key:z6MkrLMMsiPWUcNPHcRajuMi9mDfYckSoJyPwwnknocNYPm7\n";

test("what somebody writes goes by standard input, and never into a command", async () => {
  const place = scriptedPlace([
    ["cob show", open],
    ["cob update", `${written}\n`],
    ["cob log", log],
    ["rad sync", ""],
  ]);
  const text = "'; rm -rf / #\n$(id) --message";
  await comment({ rid, place }, id, { revision: id, text });
  const { argv, stdin } = place.asked.find(({ argv: words }) => words.includes("update")) ?? { argv: [], stdin: "" };
  expect(argv.slice(0, 10)).toEqual([
    "flock",
    "--timeout",
    "30",
    "--conflict-exit-code",
    "75",
    "/home/guild/.radicle/guildnet-patches.lock",
    "sh",
    "-c",
    'cat | "$@" /dev/stdin',
    "sh",
  ]);
  expect(argv.slice(10)).toEqual([
    "rad",
    "cob",
    "update",
    "--repo",
    rid,
    "--type",
    "xyz.radicle.patch",
    "--object",
    id,
    "--message=revision.comment",
  ]);
  expect(JSON.parse(stdin ?? "")).toEqual({ type: "revision.comment", revision: id, body: text });
});

test("an answer in a review is reply_to, as radicle reads it", async () => {
  const place = scriptedPlace([
    ["cob show", open],
    ["cob update", `${written}\n`],
    ["cob log", log],
    ["rad sync", ""],
  ]);
  await reviewComment({ rid, place }, id, {
    review: "7946f45d54db85fb82a0cdf71d0adef68b80cb0d",
    text: "no",
    replyTo: "d616b79479a093fab2c0c4c691652656b4ed2f02",
  });
  expect(place.asked.find(({ argv }) => argv.includes("update"))?.stdin).toContain('"reply_to"');
});

describe("what another writer took away", () => {
  const action = { type: "revision.comment", revision: id, body: "again" } as const;

  test("is written again, also where rad noticed", async () => {
    const answers = [
      { exitCode: 1, stdout: "old reference value does not match; code=Modified (-15)" },
      `${lost}\n`,
      `${written}\n`,
    ];
    let tries = 0;
    const place = scriptedPlace([["cob log", log]]);
    const run = place.run;
    const busy: typeof place = {
      ...place,
      run: (argv, options) =>
        argv.includes("update")
          ? scriptedPlace([["update", answers[tries++] ?? ""]]).run(argv, options)
          : run(argv, options),
    };
    expect(await update({ rid, place: busy }, id, action)).toBe(written);
    expect(tries).toBe(3);
  });

  test("is told of after some tries", async () => {
    const place = scriptedPlace([
      ["cob update", `${lost}\n`],
      ["cob log", log],
    ]);
    await expect(update({ rid, place }, id, action)).rejects.toMatchObject({ code: "conflict" });
    expect(place.asked.filter(({ argv }) => argv.includes("update"))).toHaveLength(4);
  });
});

test("who waits in vain for others of the same place is told so, not that nothing was said", async () => {
  const place = scriptedPlace([
    ["rad self", me],
    ["cob show", open],
    ["cob update", { exitCode: 75 }],
  ]);
  await expect(comment({ rid, place }, id, { revision: id, text: "a" })).rejects.toMatchObject({ code: "conflict" });
});

test("a review that Radicle left out is told of", async () => {
  const place = scriptedPlace([
    ["rad self", me],
    ["cob show", open],
    ["cob update", `${written}\n`],
    ["cob log", log],
  ]);
  await expect(review({ rid, place }, id, { revision: id, verdict: "accept" })).rejects.toMatchObject({
    code: "conflict",
  });
});

test("what was written and not announced is told so", async () => {
  const place = scriptedPlace([
    ["cob show", open],
    ["cob update", `${written}\n`],
    ["cob log", log],
    ["rad sync", { exitCode: 1, stdout: "your node must be running" }],
  ]);
  expect(await comment({ rid, place }, id, { revision: id, text: "a" })).toMatchObject({
    id: written,
    isAnnounced: false,
    why: expect.stringContaining("must be running"),
  });
});

test("a merged patch is neither closed nor merged again, and nothing is written", async () => {
  const place = scriptedPlace([["cob show", JSON.stringify(merged)]]);
  await expect(setState({ rid, place }, id, "archived")).rejects.toMatchObject({ code: "conflict" });
  await expect(merge({ rid, place }, id)).rejects.toMatchObject({ code: "conflict" });
  expect(place.asked).toHaveLength(2);
});
