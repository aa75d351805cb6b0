import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { guildJsonSchema } from "./check/shape.ts";
import { stackFileSchemaText } from "./stack-file-schema.ts";

const root = new URL("../", import.meta.url);

test("guild.schema.json is what stacks/schema.ts makes; else run `npm run schema`", () => {
  expect(readFileSync(new URL("stacks/guild.schema.json", root), "utf8")).toBe(stackFileSchemaText());
});

test("every stack file names the schema", () => {
  const files = readdirSync(root).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
  expect(files).toContain("Pulumi.dev.yaml");
  for (const file of files) {
    expect(readFileSync(new URL(file, root), "utf8"), file).toMatch(
      /^# yaml-language-server: \$schema=stacks\/guild\.schema\.json\n/,
    );
  }
});

describe("every key", () => {
  const keys = [...properties(guildJsonSchema, "")];

  test.each(keys)("%s has a description", (_, node) => {
    expect(node["description"]).toMatch(/\.$/);
  });

  test.each(keys.filter(([key]) => !key.endsWith("kind")))(
    "%s has a default, or says what happens without it",
    (_, node) => {
      const inner = "properties" in node || "oneOf" in node || "additionalProperties" in node || "items" in node;
      expect(inner || "default" in node || /default/i.test(String(node["description"])), JSON.stringify(node)).toBe(
        true,
      );
    },
  );
});

function* properties(node: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof node !== "object" || node === null) return;
  for (const [key, inner] of Object.entries(node)) {
    if (key === "properties") {
      for (const [name, property] of Object.entries(inner as object)) {
        const full = path === "" ? name : `${path}.${name}`;
        yield [full, property as Record<string, unknown>];
        yield* properties(property, full);
      }
    } else if (["items", "anyOf", "oneOf", "additionalProperties"].includes(key)) {
      for (const each of [inner].flat()) yield* properties(each, key === "items" ? `${path}[]` : path);
    }
  }
}
