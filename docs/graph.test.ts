import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Registered } from "../components/testing/record.ts";
import { registeredBy } from "../tests/support/guilds.ts";

// The picture of the graph, held against what a guild with all that is drawn registers.

const page = readFileSync(join(import.meta.dirname, "graph.md"), "utf8");
const drawing = (/^```mermaid\n(.*?)^```$/ms.exec(page)?.[1] ?? "").split("\n").slice(1);
const NODE = /(\w+)(?:\["(\w+).*?"\])?/;

/** Types of components by the names that they have in the picture. */
const types = new Map(
  [...drawing.join("\n").matchAll(/(\w+)\["(\w+)/g)].map(([, id = "", type = ""]) => [id, type] as const),
);
const drawn = drawing.flatMap((line) => {
  const sides = line.split("-->").map((side) => side.split(" & ").map((each) => NODE.exec(each.trim())?.[1] ?? ""));
  return sides.slice(1).flatMap((to, place) => (sides[place] ?? []).flatMap((from) => to.map((each) => [from, each])));
});

/** "Storage → Registry" for each resource of one that stands on one of another. */
const edges = new Set<string>();
const made = new Set<string>();

beforeAll(async () => {
  const { config } = parse(readFileSync(join(import.meta.dirname, "..", "Pulumi.dev.yaml"), "utf8")) as {
    config: { "guildnet:guild": object };
  };
  const all = await registeredBy(config["guildnet:guild"]);
  const byUrn = new Map(all.map((resource) => [resource.urn, resource]));
  for (const resource of all) {
    const [own, ...outer] = componentsOf(resource, byUrn);
    if (own === undefined) continue;
    made.add(own);
    for (const around of outer) edges.add(`${around} → ${own}`);
    const provider = resource.provider.split("::").slice(0, -1).join("::");
    for (const urn of [...resource.dependencies, provider])
      for (const other of componentsOf(byUrn.get(urn), byUrn)) edges.add(`${other} → ${own}`);
  }
});

test("has every component of a guild, and no others", () => {
  expect([...types.values()].sort()).toEqual([...made].sort());
});

describe("an arrow", () => {
  test.each(drawn)("from %s to %s is there", (from = "", to = "") => {
    expect([...edges]).toContain(`${types.get(from)} → ${types.get(to)}`);
  });
});

/** Types of the components that a resource is in, the innermost first. */
function componentsOf(resource: Registered | undefined, byUrn: ReadonlyMap<string, Registered>): string[] {
  if (resource === undefined) return [];
  const own = resource.custom ? [] : [resource.type.split(":")[2] ?? ""];
  return [...own, ...componentsOf(byUrn.get(resource.parent), byUrn)];
}
