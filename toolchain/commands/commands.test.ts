import { expect, it } from "vitest";
import { parseBuildArgs } from "./image.ts";
import { report } from "./status.ts";
import { isUnchanged } from "./up.ts";

it("tells an update that changed something from one that did not", () => {
  expect(isUnchanged({ same: 62 })).toBe(true);
  expect(isUnchanged({ same: 60, update: 0 })).toBe(true);
  expect(isUnchanged({ same: 60, update: 1 })).toBe(false);
  expect(isUnchanged({})).toBe(false);
});

it("reads build arguments", () => {
  expect(parseBuildArgs(["A=1", "B=x=y", "C="])).toEqual({ A: "1", B: "x=y", C: "" });
  expect(() => parseBuildArgs(["=x"])).toThrow(/takes KEY=value/);
});

it("marks what is not well", () => {
  expect(report([
    { what: "portal", state: "answers", healthy: true, where: "https://p" },
    { what: "workspace you", state: "HTTP 502", healthy: false, where: "https://w" },
  ])).toBe("✔  portal         answers   https://p\n✖  workspace you  HTTP 502  https://w");
});
