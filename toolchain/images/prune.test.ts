import { expect, it } from "vitest";
import { replacedReferences } from "./prune.ts";

const image = (created: number, ...names: string[]) => ({ id: `id${created}`, names, created });

it("keeps the newest two builds of the same name", () => {
  const images = [image(1, "guildnet.local/a:1"), image(3, "guildnet.local/a:3"), image(2, "guildnet.local/a:2")];
  expect(replacedReferences(images, "guildnet.local/a:3")).toEqual(["guildnet.local/a:1"]);
});

it("keeps the one just made, even where its layers are older than the others", () => {
  const images = [image(1, "guildnet.local/a:back"), image(2, "guildnet.local/a:2"), image(3, "guildnet.local/a:3")];
  expect(replacedReferences(images, "guildnet.local/a:back")).toEqual(["guildnet.local/a:2"]);
});

it("leaves other names, other registries and layers without a name alone", () => {
  const images = [
    image(1, "guildnet.local/ab:1"),
    image(2, "docker.io/library/a:1"),
    image(3),
    image(4, "guildnet.local/a:4"),
  ];
  expect(replacedReferences(images, "guildnet.local/a:4", 1)).toEqual([]);
});
