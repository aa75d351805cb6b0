import { expect, it } from "vitest";
import { parseBuildArgs } from "./image.ts";
import { assertKeepsName, comparedAlone } from "./pulumi.ts";
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

it("names `npm run up` for the guild's own project alone", () => {
  expect([true, false].map((isGuild) => comparedAlone(isGuild).includes("npm run up"))).toEqual([true, false]);
});

it("refuses to rename a stack, whose cluster and homes are called after it", () => {
  for (const args of [
    ["stack", "rename", "lab2"],
    ["--stack", "lab", "stack", "rename", "lab2"],
  ])
    expect(() => assertKeepsName(args, "lab")).toThrow(/stack lab keeps its name.*homes.*Nothing was changed/);
  for (const args of [["stack", "rename", "--help"], ["stack", "output", "rename"], ["preview"]])
    expect(() => assertKeepsName(args, "lab")).not.toThrow();
});
