import { expect, test } from "vitest";
import { afterAbsence, afterPost, afterTime } from "./current.ts";
import type { Current } from "./current.ts";
import { readPosted } from "./posted.ts";

const NOW = Date.parse("2026-11-29T03:00:00Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

/** As vmalert posts one. */
const posted = (endsAt: string, { labels = {}, annotations = {}, startsAt = at(-60) } = {}) =>
  readPosted([
    {
      startsAt,
      generatorURL: "http://127.0.0.1:8880/vmalert/alert",
      endsAt,
      labels: { alertname: "DiskFilling", severity: "critical", instance: "node", ...labels },
      annotations: { about: "node", summary: "The disk of node is full on 2026-12-01.", ...annotations },
    },
  ]);

const disk = { alert: "DiskFilling", severity: "critical", about: "node" };

test("an alert begins once, however often it is said, and ends once", () => {
  const begun = afterPost({}, posted(at(120)), NOW);
  expect(begun.changes).toEqual([
    {
      type: "alert.fired",
      alert: { ...disk, summary: "The disk of node is full on 2026-12-01.", since: "2026-11-29T02:59:00.000Z" },
    },
  ]);
  const again = afterPost(begun.current, posted(at(150)), NOW + 30_000);
  expect(again.changes).toEqual([]);
  const ended = afterPost(again.current, posted(at(40)), NOW + 60_000);
  expect(ended.changes).toMatchObject([{ type: "alert.resolved", alert: disk }]);
  expect(ended.current).toEqual({});
  expect(afterPost(ended.current, posted(at(40)), NOW + 90_000).changes).toEqual([]);
});

test("what is said of one may change, and since when it has been doesn't", () => {
  const { current } = afterPost({}, posted(at(120)), NOW);
  const later = afterPost(
    current,
    posted(at(150), { annotations: { summary: "Full tomorrow." }, startsAt: at(0) }),
    NOW,
  );
  expect(later.changes).toEqual([]);
  expect(Object.values(later.current)).toMatchObject([
    { alert: { summary: "Full tomorrow.", since: "2026-11-29T02:59:00.000Z" } },
  ]);
});

test("alerts of one rule are told apart by their labels, in whatever order these are", () => {
  const { current } = afterPost({}, posted(at(120)), NOW);
  expect(afterPost(current, posted(at(120), { labels: { instance: "other" } }), NOW).changes).toHaveLength(1);
  const [one] = posted(at(120));
  const reversed = readPosted([
    {
      labels: { severity: "critical", instance: "node", alertname: "DiskFilling" },
      startsAt: at(0),
      endsAt: at(120),
    },
  ]);
  expect(reversed[0]?.key).toBe(one?.key);
});

test("one that nobody says any more is over when its time is", () => {
  const { current } = afterPost({}, posted(at(120)), NOW);
  expect(afterTime(current, NOW + 119_000)).toEqual({ current, changes: [] });
  expect(afterTime(current, NOW + 120_000)).toMatchObject({ current: {}, changes: [{ type: "alert.resolved" }] });
});

test("after an absence there is time to say one again", () => {
  const { current } = afterPost({}, posted(at(120)), NOW);
  const back: Current = afterAbsence(current, NOW + 3_600_000, 300_000);
  expect(afterTime(back, NOW + 3_600_000).changes).toEqual([]);
  expect(afterTime(back, NOW + 3_900_000).changes).toHaveLength(1);
});

test("one without a severity that is known, or words, is told all the same", () => {
  const [bare] = readPosted([{ labels: { alertname: "Odd", severity: "page" }, startsAt: at(0), endsAt: at(60) }]);
  expect(bare?.alert).toMatchObject({ alert: "Odd", severity: "warning", about: "Odd", summary: "Odd" });
});
