import { expect, it } from "vitest";
import { preferredSources, type Source } from "./source.ts";

const source = (kind: Source["kind"]): Source => ({ kind, available: async () => true, provide: async () => {} });
const sources = (["registries", "machine", "archive"] as const).map(source);

it("prefers the machine, then the archive, then registries", () => {
  expect(preferredSources(sources, false).map(({ kind }) => kind)).toEqual(["machine", "archive", "registries"]);
});

it("is registries alone when offline", () => {
  expect(preferredSources(sources, true).map(({ kind }) => kind)).toEqual(["registries"]);
});
