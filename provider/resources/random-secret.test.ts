import { describe, expect, test } from "vitest";
import { randomSecret } from "./random-secret.ts";

const silent = (): void => {};

describe("RandomSecret", () => {
  test.each([16, 32, 33, 1024])("holds %i bytes, in base64url without padding", async (bytes) => {
    const {
      outputs: { value },
    } = await randomSecret.create({ bytes }, silent);
    expect(value).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(String(value), "base64url")).toHaveLength(bytes);
  });

  test("is another one each time, with an identity of its own", async () => {
    const made = await Promise.all(Array.from({ length: 50 }, () => randomSecret.create({ bytes: 16 }, silent)));
    expect(new Set(made.map(({ outputs }) => outputs.value)).size).toBe(50);
    expect(new Set(made.map(({ id }) => id)).size).toBe(50);
  });

  test("is encrypted in the state", async () => {
    expect((await randomSecret.create({ bytes: 16 }, silent)).secrets).toContain("value");
  });

  test("cannot grow in place", async () => {
    expect(randomSecret.replaces("bytes")).toBe(true);
    await expect(randomSecret.update({ bytes: 32 }, silent, {})).rejects.toThrow("cannot be changed in place");
  });

  test.each([15, 1025, 16.5, "32", null])("refuses %s bytes", (bytes) => {
    expect(randomSecret.check({ bytes }).map(({ path }) => path)).toEqual([["bytes"]]);
  });
});
