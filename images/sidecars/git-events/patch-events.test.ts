import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventKinds } from "../../../events/index.ts";
import { readOperations, readPatch } from "../../../patches/index.ts";
import type { Operation, Patch } from "../../../patches/index.ts";
import { scriptedPlace } from "../../../patches/testing/scripted-place.ts";
import { newsOf } from "./patch-events.ts";
import type { Setting } from "./patch-events.ts";

// As real people did it, recorded of rad.
const recorded = (name: string) => readFileSync(join(import.meta.dirname, "../../../patches/fixtures", name), "utf8");
const id = "600289683e6ccf75dc31b4bef4af0451b4d7abb4",
  rid = "rad:z3UhLPkeA698hgj1jiwQf3AycWR5Q";
const ada = "z6MkuvUwLEhXVT2HUjSWJAEXhoaj6f1QfzZo5k9E1eRL2T7q",
  bob = "z6MkfGmmNcahAPFBJq8dZE8xBrt1uiTrCvSy7iTc8kyYZKb9";
const place = scriptedPlace([
  ["cob show", recorded("merged-patch.json")],
  ["cob log", recorded("operations.jsonl")],
]);
const patch = await readPatch({ rid, place }, id),
  log = await readOperations({ rid, place }, id);
const people: Record<string, string> = { [ada]: "ada", [bob]: "bob" };
const setting: Setting = { repository: { id: rid, name: "proj" }, threshold: 1, who: (nid) => people[nid] ?? nid };
const none = new Set<string>();

const news = (
  over: Partial<Patch> = {},
  operations: readonly Operation[] = log,
  told: ReadonlySet<string> = none,
  more: Partial<Setting> = {},
) => newsOf({ ...patch, ...over }, operations, told, { ...setting, ...more });
const types = (...args: Parameters<typeof news>) =>
  news(...args).operations.flatMap(({ events }) => events.map(({ type }) => type));

test("all that was done to a patch is told, in order, as events that the bus takes", () => {
  const { operations, missing } = news();
  expect(missing).toEqual([]);
  expect(operations.map((one) => one.id)).toEqual(log.map((one) => one.id));
  const events = operations.flatMap((one) => one.events);
  for (const { type, data } of events)
    expect(eventKinds[type].data.safeParse(data), type).toMatchObject({ success: true, data });
  expect(new Set(events.map(({ about }) => about)).size).toBe(events.length);
  expect(events.slice(0, 6)).toMatchObject([
    {
      type: "git.patch.opened",
      data: { patch: id, revision: id, title: "Change ten", by: "bob", repository: { id: rid, name: "proj" } },
    },
    { type: "git.patch.reviewed", data: { verdict: "accept", summary: "looks\ngood ✨", by: "ada" } },
    {
      type: "git.patch.commented",
      data: { text: "why ten?", path: "file.txt", line: 9, review: "7946f45d54db85fb82a0cdf71d0adef68b80cb0d" },
    },
    { type: "git.patch.commented", data: { text: "because", by: "bob" } },
    { type: "git.patch.commented", data: { text: "general", revision: id } },
    { type: "git.patch.reviewed", data: { by: "bob" } },
  ]);
  expect(events.filter(({ type }) => type === "git.patch.updated")).toMatchObject([
    { data: { revision: "1b57a191da9ee9144f0b75087381a6b0fed7bf54" } },
  ]);
  expect(events.filter(({ type }) => type === "git.patch.merged")).toMatchObject([
    { data: { by: "ada", commit: "0d236c9c4481761819e466b5d8300731c27b3fd5" } },
  ]);
  expect(events.flatMap(({ type, data }) => (type === "git.patch.changed" ? [data.change] : []))).toEqual([
    "threads",
    "comments",
    "comments",
    "comments",
    "labels",
    "assignees",
  ]);
});

test("what was told is not told again", () => {
  const told = new Set(log.slice(0, -2).map((one) => one.id));
  expect(types({}, log, told)).toEqual(["git.patch.changed", "git.patch.changed"]);
  expect(types({}, log, new Set(log.map((one) => one.id)))).toEqual([]);
});

test("what the patch doesn't have is not told, and named: it may come, or somebody may not", () => {
  const last = log.at(-1)?.id ?? "";
  const { operations, missing } = news({ timeline: patch.timeline.filter((one) => one !== last) });
  expect(missing).toEqual([last]);
  expect(operations.map((one) => one.id)).not.toContain(last);
});

test("what Radicle took and left out has no event: a review of nothing, a comment that was taken back", () => {
  const dropped = log.find(
    ({ actions: [action] }) =>
      action?.type === "review" &&
      action["revision"] !== id &&
      !patch.revisions.some((one) => one.id === action["revision"]),
  );
  expect(dropped).toBeDefined();
  expect(news().operations.find((one) => one.id === dropped?.id)?.events).toEqual([]);
  const texts = news().operations.flatMap(({ events }) =>
    events.flatMap(({ type, data }) => (type === "git.patch.commented" ? [data.text] : [])),
  );
  expect(texts).not.toContain("to be taken back");
});

test("who says that it is merged merges it where that is enough, and once", () => {
  const merging = log.find(({ actions }) => actions.some(({ type }) => type === "merge"));
  if (merging === undefined) throw new Error("nobody merged");
  const again = { ...merging, id: "a".repeat(40), author: bob },
    both = [...log, again],
    timeline = [...patch.timeline, again.id];
  const mergers = (threshold: number) =>
    news({ timeline }, both, none, { threshold }).operations.flatMap(({ events }) =>
      events.flatMap(({ type, data }) => (type === "git.patch.merged" ? [data.by] : [])),
    );
  expect(mergers(1)).toEqual(["ada"]);
  expect(mergers(2)).toEqual(["bob"]);
  expect(types({ state: { status: "open", conflicts: [] } })).not.toContain("git.patch.merged");
});

test("an operation of several things is several events, each with an id of its own", () => {
  const operation = {
    id: "b".repeat(40),
    author: ada,
    timestamp: 1,
    parents: [],
    actions: [
      { type: "label", labels: [] },
      { type: "assign", assignees: [] },
    ],
  };
  const { operations } = news({ timeline: [operation.id] }, [operation]);
  expect(operations[0]?.events).toMatchObject([
    { about: operation.id, data: { change: "labels" } },
    { about: `${operation.id}.1`, data: { change: "assignees" } },
  ]);
});

test("long words are cut, between letters", () => {
  const [first] = log;
  if (first === undefined) throw new Error("nothing was recorded");
  const title = `${"x".repeat(4094)}👾👾`;
  const { operations } = news({}, [{ ...first, actions: [{ type: "edit", title }] }]);
  const [event] = operations[0]?.events ?? [];
  expect(event?.data).toMatchObject({ title: `${"x".repeat(4094)}…` });
});
