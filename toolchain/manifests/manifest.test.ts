import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { manifestFiles, type ManifestSource } from "./manifest.ts";

const scratch = useScratch();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const source: ManifestSource = { module: "example.org/x@v1.2.3", files: ["crds/*.yaml"], sha256: sha256("a\nb\n") };
const namesOf = async (changes: Partial<ManifestSource>, offline = true): Promise<string[]> =>
  (await manifestFiles({ ...source, ...changes }, { home: scratch.home, offline, report: () => {} })).map((file) =>
    basename(file),
  );

beforeEach(() => {
  const module = join(scratch.path, "module");
  mkdirSync(join(module, "crds"), { recursive: true });
  for (const [file, text] of [
    ["crds/b.yaml", "b\n"],
    ["crds/a.yaml", "a\n"],
    ["crds/README.md", "c\n"],
    ["crds/axyaml", "d\n"],
  ] as const)
    writeFileSync(join(module, file), text);
  aGoThat(`echo '${JSON.stringify({ Dir: module })}'`);
});

/** Puts another `go` on the PATH. It tells where the module is by the last of its words, as the real one does. */
function aGoThat(does: string): void {
  const folder = join(scratch.path, "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go"), `#!/bin/sh\necho "$@ $GOMODCACHE" > "$0.asked"\n${does}\n`);
  chmodSync(join(folder, "go"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function aRelease(text: string): Promise<string> {
  const server = createServer((_request, response) => response.end(text)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/all.yaml`;
}

it("finds the files of a module by their names, in the order that is hashed", async () => {
  expect(await namesOf({})).toEqual(["a.yaml", "b.yaml"]);
  expect(await namesOf({ files: ["crds/b.yaml", "crds/a.yaml", "crds/a*"], sha256: sha256("a\nd\nb\n") })).toEqual([
    "a.yaml",
    "axyaml",
    "b.yaml",
  ]);
  expect(readFileSync(join(scratch.path, "bin", "go.asked"), "utf8")).toBe(
    `mod download -json example.org/x@v1.2.3 ${join(scratch.home.cache, "go", "mod")}\n`,
  );
});

it("refuses what is not what was pinned, with both hashes", async () => {
  await expect(namesOf({ sha256: sha256("a\nb") })).rejects.toMatchObject({
    code: "checksum-mismatch",
    message: expect.stringContaining(`${sha256("a\nb\n")}, not ${sha256("a\nb")}`),
  });
});

it.each(["crds/c.yaml", "manifests/*.yaml"])("says that a module lacks %s", async (file) => {
  await expect(namesOf({ files: ["crds/*.yaml", file] })).rejects.toMatchObject({
    code: "manifest-incomplete",
    message: `example.org/x@v1.2.3 has no file ${file}`,
  });
});

it("says in Go's own words why a module can't be had", async () => {
  aGoThat(`echo '${JSON.stringify({ Error: "not found: module lookup disabled" })}'; exit 1`);
  await expect(namesOf({})).rejects.toMatchObject({
    code: "download-failed",
    message: expect.stringContaining("not found: module lookup disabled"),
  });
  aGoThat("echo 'go: no such tool' >&2; exit 2");
  await expect(namesOf({})).rejects.toThrow("go: no such tool");
});

it("says that Go is missing", async () => {
  vi.stubEnv("PATH", join(scratch.path, "nothing"));
  await expect(namesOf({})).rejects.toMatchObject({ code: "go-missing" });
});

it("takes a release's file where it can be had, and keeps it", async () => {
  const release = { url: await aRelease("all\n"), sha256: sha256("all\n") };
  expect(await namesOf({ release }, false)).toEqual([`${release.sha256}.yaml`]);
  expect(await namesOf({ release: { ...release, url: "http://127.0.0.1:9/gone" } }, false)).toEqual([
    `${release.sha256}.yaml`,
  ]);
  expect(await namesOf({ release }, true)).toEqual(["a.yaml", "b.yaml"]);
});

it("takes the module where a release's server does not answer, and neither where it answers something else", async () => {
  expect(await namesOf({ release: { url: "http://127.0.0.1:9/gone", sha256: sha256("") } }, false)).toEqual([
    "a.yaml",
    "b.yaml",
  ]);
  const release = { url: await aRelease("other\n"), sha256: sha256("all\n") };
  await expect(namesOf({ release }, false)).rejects.toMatchObject({ code: "checksum-mismatch" });
  await expect(namesOf({ release }, false)).rejects.toMatchObject({ code: "checksum-mismatch" });
});
