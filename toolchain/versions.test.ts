import { expect, it } from "vitest";
import { VERSIONS } from "./versions.ts";

const archives = Object.values(VERSIONS).flatMap(({ version, archives }) =>
  Object.values(archives).map((archive) => ({ version, ...archive })),
);

it.each(archives)("pins $url by a whole SHA-256 and its version", ({ url, sha256, version }) => {
  expect(sha256).toMatch(/^[\da-f]{64}$/);
  expect(url).toContain(`v${version}`);
  expect(new URL(url).protocol).toBe("https:");
});

it("pins no two archives by the same hash", () =>
  expect(new Set(archives.map(({ sha256 }) => sha256)).size).toBe(archives.length));
