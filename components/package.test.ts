import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const here = import.meta.dirname;

/** Source files of a folder that go into the package. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|^(dist|testing|node_modules|client)\//.test(file))
    .map((file) => join(folder, file));
}

test("the package declares all that it imports", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as Record<
    string,
    Record<string, string> | undefined
  >;
  const imported = [here, join(here, "..", "provider", "sdk"), join(here, "..", "events")]
    .flatMap(sources)
    .flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/from "((?:@[^/"]+\/)?[^./"][^/"]*)/g)].map((match) => match[1] ?? ""),
    )
    .filter((specifier) => !specifier.startsWith("node:"));
  expect(Object.keys({ ...dependencies, ...peerDependencies }).sort()).toEqual([...new Set(imported)].sort());
});
