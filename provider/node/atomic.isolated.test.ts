import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as promises from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { writeAtomically } from "./atomic.ts";

vi.mock("node:fs/promises", { spy: true });

describe("writeAtomically", () => {
  test("writes a file, its folders and its mode, and says that it changed", async () => {
    const path = join(scratchFolder(), "a", "b", "secret");
    expect(await writeAtomically(path, "one", 0o600)).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("one");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("leaves a file of the same content alone", async () => {
    const path = join(scratchFolder(), "file");
    await writeAtomically(path, "one");
    const before = statSync(path);
    expect(await writeAtomically(path, "one")).toBe(false);
    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(await writeAtomically(path, "two")).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("two");
  });

  test("cut off before the end leaves the old content, and the next write leaves nothing else", async () => {
    const folder = scratchFolder(),
      path = join(folder, "file");
    await writeAtomically(path, "old");
    vi.mocked(promises.rename).mockRejectedValueOnce(new Error("killed"));
    await expect(writeAtomically(path, "new")).rejects.toThrow("killed");
    expect(readFileSync(path, "utf8")).toBe("old");
    await writeAtomically(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test("is not misled by half a file that another program left", async () => {
    const folder = scratchFolder(),
      path = join(folder, "file");
    writeFileSync(`${path}.new`, "half a much longer content");
    await writeAtomically(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});
