import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { isSameMachine, thisMachine } from "./this-machine.ts";

describe("thisMachine", () => {
  const withId = (text: string): ReturnType<typeof thisMachine> => {
    const path = join(scratchFolder(), "machine-id");
    writeFileSync(path, text);
    return thisMachine(path);
  };

  test("has a hash of its id that does not show the id, and its name", () => {
    const id = "3d1219c7c4c5404aaa1f6d2a48adfda4",
      machine = withId(`${id}\n`);
    expect(machine).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), host: hostname() });
    expect(machine).toEqual(withId(id));
    expect(machine.id).not.toBe(id);
    expect(machine.id).not.toBe(withId("4d1219c7c4c5404aaa1f6d2a48adfda4").id);
  });

  test.each(["", "uninitialized\n"])("has no id where its file says %j, nor without a file", (text) => {
    expect(withId(text)).toEqual({ host: hostname() });
    expect(thisMachine(join(scratchFolder(), "none"))).toEqual({ host: hostname() });
  });
});

describe("isSameMachine", () => {
  test("goes by the ids alone where both are known", () => {
    expect(isSameMachine({ id: "a", host: "one" }, { id: "a", host: "renamed" }, false)).toBe(true);
    expect(isSameMachine({ id: "a", host: "one" }, { id: "b", host: "one" }, true)).toBe(false);
  });

  test("goes by the data or the name where one has no id", () => {
    expect(isSameMachine({ host: "one" }, { id: "b", host: "two" }, false)).toBe(false);
    expect(isSameMachine({ host: "one" }, { id: "b", host: "two" }, true)).toBe(true);
    expect(isSameMachine({ id: "a", host: "one" }, { host: "one" }, false)).toBe(true);
  });
});
