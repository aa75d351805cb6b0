import { describe, expect, it } from "vitest";
import { isOwn, parseReference, slug, withRegistry } from "./reference.ts";

describe("parseReference", () => {
  it("takes a full reference apart", () => {
    expect(parseReference("localhost:5000/a/b:v1.2")).toEqual({ registry: "localhost:5000", name: "a/b", tag: "v1.2" });
  });

  it.each(["debian:12", "docker.io/library/debian", "docker.io/a:b c", "", "docker.io/-:"])(
    "refuses %j",
    (reference) => {
      expect(() => parseReference(reference)).toThrow("in full");
    },
  );
});

it("tells our own images from upstream ones", () => {
  expect(isOwn("guildnet.local/workspace:1a")).toBe(true);
  expect(isOwn("docker.io/guildnet.local/workspace:1a")).toBe(false);
});

it.each([
  ["debian", "docker.io/library/debian:latest"],
  ["a/b:1", "docker.io/a/b:1"],
  ["localhost/b:1", "localhost/b:1"],
  ["host:5000/b", "host:5000/b:latest"],
  ["ghcr.io/a/b@sha256:00", "ghcr.io/a/b@sha256:00"],
])("writes %s in full", (short, full) => {
  expect(withRegistry(short)).toBe(full);
});

it("makes a file name of a reference", () => {
  expect(slug("guildnet.local/a:1")).toBe("guildnet.local_a_1");
});
