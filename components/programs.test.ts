import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const [ofNotes = [], ofPortal = []] = await Promise.all(
  ["notes", "portal"].map(async (image) => {
    const build = (await import(new URL(`../images/${image}/build.mjs`, import.meta.url).href)) as { PROGRAMS: object };
    return Object.keys(build.PROGRAMS);
  }),
);

/** By folder of components: what is started there in an image of the guild's, each as `node <program>.mjs`. */
const started = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(file))
  .flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/"([\w-]+)\.mjs"/g)].map(([, program = ""]) => ({
      program,
      file,
    })),
  );

test.each(started)("$program of $file is in its image", ({ program, file }) => {
  expect(file.startsWith("notes/") ? ofNotes : ofPortal).toContain(program);
});

test("all that images of the guild's have is started by something", () => {
  // The portal's server is what its image starts by itself.
  const all = [...ofNotes, ...ofPortal].filter((program) => program !== "server");
  expect(all.filter((program) => !started.some((each) => each.program === program))).toEqual([]);
});
