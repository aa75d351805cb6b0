import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { imageReference } from "./image-inputs.ts";

const files = { Dockerfile: "FROM scratch\n", "bin/start": "#!/bin/sh\n", "bin-2": "data" };

/** A context with the files written in the given order. */
function context(entries: Record<string, string> = files): string {
  const folder = scratchFolder();
  for (const [path, content] of Object.entries(entries)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

describe("imageReference", () => {
  test("names the image and tags it with twelve hex digits", () => {
    expect(imageReference("workspace", context())).toMatch(/^guildnet\.local\/workspace:[0-9a-f]{12}$/);
  });

  test("is the same for the same inputs, wherever, whenever and in whatever order they came", () => {
    const one = context(),
      other = context(Object.fromEntries(Object.entries(files).reverse()));
    utimesSync(join(other, "Dockerfile"), 0, 0);
    chmodSync(join(other, "bin/start"), 0o600);
    expect(imageReference("a", other, { x: "1", y: "2" })).toBe(imageReference("a", one, { y: "2", x: "1" }));
  });

  test.each<[string, (folder: string) => void]>([
    ["content", (folder) => writeFileSync(join(folder, "bin-2"), "other")],
    [
      "name",
      (folder) => {
        rmSync(join(folder, "bin-2"));
        writeFileSync(join(folder, "bin-3"), "data");
      },
    ],
    [
      "folder",
      (folder) => {
        rmSync(join(folder, "bin-2"));
        writeFileSync(join(folder, "bin/bin-2"), "data");
      },
    ],
    ["executable bit", (folder) => chmodSync(join(folder, "bin/start"), 0o755)],
    ["new empty file", (folder) => writeFileSync(join(folder, "empty"), "")],
    ["missing file", (folder) => rmSync(join(folder, "bin-2"))],
  ])("changes with a file's %s", (_what, change) => {
    const folder = context(),
      before = imageReference("a", folder);
    change(folder);
    expect(imageReference("a", folder)).not.toBe(before);
  });

  test("changes with a build argument's name or value", () => {
    const folder = context();
    const buildArgs: Record<string, string>[] = [{}, { a: "1" }, { a: "2" }, { b: "1" }, { a: "1", b: "1" }];
    expect(new Set(buildArgs.map((args) => imageReference("a", folder, args))).size).toBe(buildArgs.length);
  });

  test("tells two files from one whose content looks like both", () => {
    expect(imageReference("a", context({ Dockerfile: "ab", c: "" }))).not.toBe(
      imageReference("a", context({ Dockerfile: "a", bc: "" })),
    );
  });

  test("counts a link for where it points, also when nothing is there", () => {
    const folder = context();
    symlinkSync("bin", join(folder, "link"));
    const before = imageReference("a", folder);
    rmSync(join(folder, "link"));
    symlinkSync("nowhere", join(folder, "link"));
    expect(imageReference("a", folder)).not.toBe(before);
  });

  test("leaves out what .dockerignore keeps from the build", () => {
    const folder = context({ ...files, ".dockerignore": "*\n!Dockerfile\n!bin\n" }),
      before = imageReference("a", folder);
    writeFileSync(join(folder, "notes.md"), "not in the image");
    expect(imageReference("a", folder)).toBe(before);
    writeFileSync(join(folder, "bin/start"), "in the image");
    expect(imageReference("a", folder)).not.toBe(before);
  });

  test("says what to do when there is no Dockerfile", () => {
    const folder = context({ "server.mjs": "" });
    expect(() => imageReference("portal", folder)).toThrow(
      `no Dockerfile in ${folder}; for images of this project, "npm run build" makes what is missing`,
    );
  });
});
