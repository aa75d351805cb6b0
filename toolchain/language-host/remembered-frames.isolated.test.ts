import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { rememberFrames, type PrepareStackTrace } from "./remembered-frames.ts";

const prepare = vi.fn<PrepareStackTrace>(
  (error, frames) =>
    `${error.name}: ${error.message}${frames.map((frame) => `\n    at ${frame.getFunctionName()} (mapped:${frame.getLineNumber()})`).join("")}`,
);
const before = Error.prepareStackTrace;
beforeAll(() => {
  Error.prepareStackTrace = rememberFrames(prepare);
});
afterAll(() => {
  Error.prepareStackTrace = before;
});

function fail(message: string): string {
  return new Error(message).stack ?? "";
}

it("says what the hook itself would, frame by frame", () => {
  const [first, ...frames] = fail("no room").split("\n");
  expect(first).toBe("Error: no room");
  expect(frames[0]).toMatch(/^ {4}at fail \(mapped:\d+\)$/);
  expect(frames.length).toBeGreaterThan(2);
});

it("asks the hook once for each position", () => {
  const stacks = [1, 2].map((round) => {
    prepare.mockClear();
    return {
      stack: fail(`round ${round}`),
      asked: prepare.mock.calls.filter(([, frames]) => frames.length > 0).length,
    };
  });
  expect(stacks[0]?.asked).toBeGreaterThan(0);
  expect(stacks[1]?.asked).toBe(0);
  expect(stacks[1]?.stack.split("\n").slice(1)).toEqual(stacks[0]?.stack.split("\n").slice(1));
});

it("takes hold where the SDK loads source-map-support", () => {
  createRequire(import.meta.url)("source-map-support/register");
  const mapping = Error.prepareStackTrace as PrepareStackTrace;
  Error.prepareStackTrace = rememberFrames(prepare);
  const isNative = vi.fn(() => true);
  const frame = {
    getScriptNameOrSourceURL: () => "index.ts",
    getLineNumber: () => 1,
    getColumnNumber: () => 1,
    isNative,
    toString: () => "there",
  } as unknown as NodeJS.CallSite;
  for (const round of ["one", "two"]) expect(mapping(new Error(round), [frame])).toBe(`Error: ${round}\n    at there`);
  expect(isNative).toHaveBeenCalledTimes(1);
});
