import { describe, expect, it } from "vitest";
import { summary } from "./up.ts";

const policy = { urn: "a", what: "NetworkPolicy ws-ada/deny-all", how: "gone" },
  claim = { urn: "b", what: "PersistentVolumeClaim ws-ada/home", how: "being deleted" };
const clear = { objects: 54, deviations: [] };

describe("what a run came to", () => {
  it("is that nothing changed, or that the stack is up", () => {
    expect(summary("dev", true, [], clear)).toBe("The stack dev is unchanged.");
    expect(summary("dev", false, [], clear)).toBe("The stack dev is up.");
  });

  it("names what was put right and what was not", () => {
    expect(summary("dev", true, [policy, claim], { objects: 54, deviations: [claim] }).split("\n")).toEqual([
      "The stack dev is up.",
      "Put right, as it was not as the stack left it:",
      "  NetworkPolicy ws-ada/deny-all: gone",
      expect.stringMatching(/^Not put right/),
      "  PersistentVolumeClaim ws-ada/home: being deleted",
    ]);
  });

  it("says so when nobody looked", () => {
    expect(summary("dev", true, [], { why: "the API server does not answer" })).toMatch(
      /unchanged\.\nWhether its objects are in the cluster was not looked at: the API server/,
    );
  });
});
