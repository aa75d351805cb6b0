import { expect, it } from "vitest";
import { parsePatience, verdict } from "./verify.ts";

const well = { what: "portal", state: "1/1 ready", healthy: true, where: "https://p" },
  ill = { what: "registry", state: "0/1 ready", healthy: false, where: "" };

it("shows every probe where all are well, and else those that are not", () => {
  expect(verdict("dev", [well])).toBe("✔  portal  https://p  1/1 ready\n\nThe stack dev is well: 1 probes.");
  expect(verdict("dev", [well, ill])).toMatch(/^✖ {2}registry .*\n\nThe stack dev is not well: 1 of 2 probes fail\./);
});

it("takes seconds of patience", () => {
  expect([parsePatience("0"), parsePatience("1.5")]).toEqual([0, 1500]);
  for (const given of ["", "soon", "-1", "1m"]) expect(() => parsePatience(given)).toThrow(/--patience takes seconds/);
});
