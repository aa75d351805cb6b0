import { expect, it } from "vitest";
import { toolNames, toolsNamed } from "./index.ts";

it("names every tool once", () => {
  expect(new Set(toolNames).size).toBe(toolNames.length);
  expect(toolsNamed(toolNames).map(({ name }) => name)).toEqual(toolNames);
});

it("says what there is instead of what there is not", () => {
  expect(() => toolsNamed(["kubernets"])).toThrow(/"kubernets"; there are .*kubernetes/);
});
