import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declaredArguments, externalImages } from "./dockerfile.ts";

describe("externalImages", () => {
  it("names each base once, in full and in order", () => {
    expect(externalImages("FROM debian:bookworm-slim\nFROM ghcr.io/a/b:1 AS x\nFROM debian:bookworm-slim")).toEqual([
      "docker.io/library/debian:bookworm-slim",
      "ghcr.io/a/b:1",
    ]);
  });

  it("leaves out earlier stages, whatever their case, and scratch", () => {
    expect(
      externalImages("FROM a/b:1 AS Build\nFROM build\nfrom scratch\nCOPY --from=BUILD /x /x\nCOPY --from=0 /y /y"),
    ).toEqual(["docker.io/a/b:1"]);
  });

  it("includes images that files are copied from", () => {
    expect(externalImages("FROM scratch\nCOPY --chown=1:1 --from=quay.io/t/tool:2 /bin/t /t")).toEqual([
      "quay.io/t/tool:2",
    ]);
  });

  it("puts in arguments: given, default of ARG, default in place", () => {
    const text = 'ARG BASE="node"\nARG TAG\nFROM ${BASE}:${TAG:-24}\nFROM $BASE:$TAG';
    expect(externalImages(text, { TAG: "25" })).toEqual(["docker.io/library/node:25"]);
    expect(externalImages('ARG BASE="node"\nARG TAG\nFROM ${BASE}:${TAG:-24}')).toEqual(["docker.io/library/node:24"]);
  });

  it("reads over comments, flags and continued lines", () => {
    expect(
      externalImages("# FROM no:1\nFROM --platform=linux/amd64 \\\n  # why\n  yes:1 AS a\nRUN echo \\\n  FROM no:2"),
    ).toEqual(["docker.io/library/yes:1"]);
  });

  it("reads the workspace's own Dockerfile", () => {
    const text = readFileSync(new URL("../../images/workspace/Dockerfile", import.meta.url), "utf8");
    expect(externalImages(text)).toEqual([
      "docker.io/library/node:24.21.0-bookworm-slim",
      "guildnet.local/nats-cli:0.5.0",
    ]);
  });
});

describe("declaredArguments", () => {
  it("finds arguments of every stage, with and without a default", () => {
    expect([...declaredArguments('ARG A=1\nFROM x:1\nARG B\n  arg C="x y"\n# ARG D')]).toEqual(["A", "B", "C"]);
  });
});
