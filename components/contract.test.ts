import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

// What all components promise is held beside each, in the contract.test.ts of its folder, by testing/contract.ts.

const components = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)(dist|node_modules)\//.test(file))
  .flatMap((file) =>
    [...read(file).matchAll(/super\(\s*"guildnet:index:(\w+)"/g)].map(([, component = ""]) => ({ component, file })),
  );

test.each(components)("$component is held to the contract", ({ component, file }) => {
  const cases = join(dirname(file), "contract.test.ts");
  expect(existsSync(join(import.meta.dirname, cases)), `there is a components/${cases}`).toBe(true);
  // A component of a workspace with something attached is written as such.
  expect(read(cases)).toContain(`component: "${component}"`);
});

test("all of them are found", () => {
  expect(components.length).toBeGreaterThan(25);
});

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, file), "utf8");
}
