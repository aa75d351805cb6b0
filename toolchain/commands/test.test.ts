import { expect, it } from "vitest";
import { total } from "./test.ts";

it("counts the tests of all runs together", () => {
  const lines = [{ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 2, skipped: 0 }].map((counts) => `${JSON.stringify(counts)}\n`);
  expect(total(lines.join(""))).toEqual({ passed: 7, failed: 2, skipped: 1 });
});

it("counts none where no run got as far", () => expect(total("")).toEqual({ passed: 0, failed: 0, skipped: 0 }));
