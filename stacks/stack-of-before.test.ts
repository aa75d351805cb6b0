import { expect, test } from "vitest";
import { record } from "../components/testing/record.ts";
import { parseGuild } from "./check/parse.ts";
import { guild } from "./guild.ts";
import before from "./testing/stack-of-0.1.json" with { type: "json" };

// What is called otherwise is deleted, with the data in it, and made anew: an alias keeps it, and takes its line's place here.
test("a stack that was made by the first version keeps each of its resources", async () => {
  const now = new Set((await record(() => void guild(parseGuild(before.config, {})))).map(({ urn }) => urn));
  expect(before.resources.length).toBeGreaterThan(200);
  expect(before.resources.filter((resource) => !now.has(`urn:pulumi:stack::project::${resource}`))).toEqual([]);
});
