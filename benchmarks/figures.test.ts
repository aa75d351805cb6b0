import { expect, test } from "vitest";
import { ratio, summary, table, type Figure } from "./figures.ts";

const figure = (name: string, ...values: number[]): Figure => ({ name, unit: "s", values, includes: "all of it" });

test("finds the middle of odd and even numbers of values, in whatever order they came", () => {
  expect(summary([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  expect(summary([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(summary([7])).toEqual({ min: 7, median: 7, max: 7 });
});

test("divides repetition by repetition", () => {
  expect(ratio("r", figure("a", 6, 9), figure("b", 3, 2), "").values).toEqual([2, 4.5]);
});

test("aligns names left and numbers right, and shows one number for what ran once", () => {
  expect(table([figure("cold", 61.234), figure("no change", 3.2, 3.1, 12.4)])).toBe(
    [
      "              min  median     max  runs  includes",
      "cold               61.2 s             1  all of it",
      "no change  3.10 s  3.20 s  12.4 s     3  all of it",
    ].join("\n"),
  );
});
