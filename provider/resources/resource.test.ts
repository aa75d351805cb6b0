import { describe, expect, test } from "vitest";
import { z } from "zod";
import { define } from "./resource.ts";

const silent = (): void => {};
const schema = z.object({ size: z.number(), place: z.string().default("here") });
const made = async (): Promise<{ id: string; outputs: Record<string, never> }> => ({ id: "a", outputs: {} });

describe("a resource kind", () => {
  test("gives its definition the inputs alone, with defaults", async () => {
    const seen: unknown[] = [];
    const kind = define({
      schema,
      replaceOn: [],
      create: made,
      exists: async (inputs) => seen.push(inputs) > 0,
      delete: async (inputs) => void seen.push(inputs),
    });
    await kind.exists({ size: 1, output: "x" });
    await kind.delete({ size: 2, place: "there", output: "x" }, silent);
    expect(seen).toEqual([
      { size: 1, place: "here" },
      { size: 2, place: "there" },
    ]);
  });

  test("replaces for what its definition names, or for everything where it cannot update", () => {
    const updatable = define({ schema, replaceOn: ["place"], create: made, update: made });
    expect([updatable.replaces("place"), updatable.replaces("size")]).toEqual([true, false]);
    const fixed = define({ schema, replaceOn: [], create: made });
    expect([fixed.replaces("place"), fixed.replaces("size")]).toEqual([true, true]);
  });

  test("is believed to exist, unchanged, where nothing can be asked, and is deleted by forgetting it", async () => {
    const kind = define({ schema, replaceOn: [], create: made });
    expect(await kind.exists({ size: 1 })).toBe(true);
    expect(await kind.drift({ size: 1 }, { size: 1 })).toBeUndefined();
    await expect(kind.delete({ size: 1 }, silent)).resolves.toBeUndefined();
  });

  test("holds unequal inputs for the same where its definition says so", () => {
    const loose = define({
      schema,
      replaceOn: [],
      create: made,
      same: (input, old, wanted) => input === "place" && String(old).trim() === String(wanted).trim(),
    });
    expect([
      loose.same("place", "here ", "here"),
      loose.same("place", "here", "there"),
      loose.same("size", 1, 1),
      loose.same("size", "1 ", "1"),
    ]).toEqual([true, false, true, false]);
    expect(define({ schema, replaceOn: [], create: made }).same("place", "here ", "here")).toBe(false);
  });

  test("deletes with the outputs at hand", async () => {
    const seen: unknown[] = [];
    const kind = define({
      schema,
      replaceOn: [],
      create: made,
      delete: async (_inputs, _progress, state) => void seen.push(state),
    });
    await kind.delete({ size: 1, output: "x" }, silent);
    expect(seen).toEqual([{ size: 1, output: "x" }]);
  });

  test("makes nothing of inputs it would not check", async () => {
    const kind = define({ schema, replaceOn: [], create: made });
    await expect(kind.create({ size: "large" }, silent)).rejects.toThrow("size");
  });

  test("tells inputs from outputs in a state, and finds none in a state of another shape", () => {
    const kind = define({ schema, replaceOn: [], create: made });
    expect(kind.inputNames({ size: 1, place: "here", output: "x" })).toEqual(["size", "place"]);
    expect(kind.inputNames({ output: "x" })).toEqual([]);
  });
});
