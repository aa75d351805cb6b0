import { expect, test } from "vitest";
import type { SeenEvent } from "../guild/event-feed.ts";
import { saidEvent } from "../testing/events.ts";
import { MOST_SHOWN, NO_EVENTS, setPaused, withMore, withText, type EventList } from "./src/event-list.ts";

const START = Date.UTC(2026, 10, 29);
const said = (second: number, text = `the ${second}.`): SeenEvent => ({
  ...saidEvent(text),
  sequence: second,
  keptAt: new Date(START + second * 1000).toISOString(),
});
const seconds = ({ shown }: Pick<EventList, "shown">): number[] => shown.map(({ sequence }) => sequence);

test("the newest stand on top, in whatever order they come, each once", () => {
  const list = withMore(withMore(NO_EVENTS, [said(2), said(1)]), [said(3), said(1)]);
  expect(seconds(list)).toEqual([3, 2, 1]);
});

test("an event of a number that was told before is another where the bus began anew", () => {
  const list = withMore(NO_EVENTS, [said(1)]);
  expect(withMore(list, [{ ...said(1), keptAt: said(9).keptAt }]).shown).toHaveLength(2);
});

test("the oldest go where there are many", () => {
  const many = Array.from({ length: MOST_SHOWN + 20 }, (_, index) => said(index + 1));
  const list = withMore(NO_EVENTS, many);
  expect([list.shown.length, list.shown.at(-1)?.sequence]).toEqual([MOST_SHOWN, 21]);
});

test("what comes while it is paused waits, and is not without end either", () => {
  const paused = withMore(setPaused(withMore(NO_EVENTS, [said(1)]), true), [said(2), said(1)]);
  expect([seconds(paused), paused.held.length]).toEqual([[1], 1]);
  const many = withMore(
    paused,
    Array.from({ length: MOST_SHOWN * 2 }, (_, index) => said(index + 3)),
  );
  expect([seconds(many), many.held.length]).toEqual([[1], MOST_SHOWN]);
  const on = setPaused(paused, false);
  expect([seconds(on), on.held, on.paused]).toEqual([[2, 1], [], false]);
});

test("words are looked for in all that a person sees of an event", () => {
  const events = [said(1, "The pump has no clock"), said(2, "It has one now")];
  const found = (text: string): number[] => withText(events, text).map(({ sequence }) => sequence);
  expect(found("")).toEqual([1, 2]);
  expect(found("clock PUMP")).toEqual([1]);
  expect(found("workspace alice")).toEqual([1, 2]);
  expect(found("agent.said now")).toEqual([2]);
  expect(found("tomatoes")).toEqual([]);
});
