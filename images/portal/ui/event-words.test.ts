import { describe, expect, test } from "vitest";
import { eventKinds, isEventType, services } from "../../../events/index.ts";
import type { SeenEvent } from "../guild/event-feed.ts";
import { examples, inventedEvents } from "../testing/invented-events.ts";
import { FAMILIES, sourceWords, toneOf, wordsOf } from "./src/event-words.ts";

const seen = inventedEvents().map((event): SeenEvent => ({ ...event, sequence: 1, keptAt: event.time }));
const of = (type: string, data?: object): SeenEvent => {
  const found = seen.find((event) => event.type === type) ?? expect.fail(`no ${type}`);
  return data === undefined ? found : ({ ...found, data: { ...(found.data as object), ...data } } as SeenEvent);
};

describe("an event in words", () => {
  test("is said of every type there is, in one line", () => {
    for (const [type, [, data]] of Object.entries(examples)) {
      expect(isEventType(type) && eventKinds[type].data.safeParse(data).success, type).toBe(true);
      expect(wordsOf(of(type)), type).toMatch(/^\S.{10,}$/);
      expect(wordsOf(of(type)), type).not.toMatch(/undefined|\[object|rad:/);
    }
  });

  test.each([
    ["git.push", undefined, "ada pushed 9f2c41d to refs/heads/main of greenhouse"],
    ["git.patch.reviewed", undefined, "ada accepted patch 4c1f0de in greenhouse: Reads well."],
    ["git.patch.reviewed", { verdict: undefined, summary: undefined }, "ada reviewed patch 4c1f0de in greenhouse"],
    ["git.patch.commented", undefined, "ada commented on beds.txt:7 of patch 4c1f0de in greenhouse: Why seven?"],
    ["git.patch.changed", undefined, "grace changed state of patch 4c1f0de in greenhouse: it is archived"],
    ["stack.applied", undefined, "Stack dev was applied in 2 min 11 s: 3 create, 1 update"],
    ["stack.previewed", { changes: { same: 9 } }, "Stack dev was previewed in 4 s: nothing changes"],
    ["alert.fired", { severity: "critical" }, "Alarm, guildnet-registry/data: it is full on Thursday"],
    ["wiki.page.moved", undefined, 'wiki.page.moved {"from":"start","to":"home"}'],
  ])("%s", (type, data, line) => expect(wordsOf(of(type, data))).toBe(line));

  test("stays one line, however long and of however many it was", () => {
    const line = wordsOf(of("agent.said", { text: `one\ntwo\t${"x".repeat(4000)}` }));
    expect(line).toMatch(/^codex: one two x+…$/);
    expect(line).toHaveLength(301);
  });
});

test("who says it is said in words", () => {
  expect(sourceWords("ws-ada-lab")).toBe("workspace ada-lab");
  expect(sourceWords("app-portal")).toBe("app portal");
  for (const service of services) expect(sourceWords(service), service).toMatch(/^[a-z ]+$/);
});

test("what is bad is told from what ended well", () => {
  expect(seen.filter((event) => toneOf(event) === "failed").map(({ type }) => type)).toEqual([
    "stack.failed",
    "workspace.failed",
    "backup.failed",
    "agent.failed",
  ]);
  expect(toneOf(of("alert.fired"))).toBe("starting");
  expect(toneOf(of("alert.fired", { severity: "critical" }))).toBe("failed");
  expect(toneOf(of("backup.done"))).toBe("running");
  expect(toneOf(of("wiki.page.moved"))).toBe("stopped");
});

test("there is a choice for every kind", () => {
  expect(Object.keys(FAMILIES).sort()).toEqual(
    [...new Set(Object.keys(eventKinds).map((type) => type.split(".", 1)[0]))].sort(),
  );
});
