import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, summary } from "./collect.ts";
import { RegistryStore } from "./store.ts";

let root = "",
  v2 = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "guildnet-registry-"));
  v2 = join(root, "docker/registry/v2");
});
afterEach(() => rmSync(root, { recursive: true }));

const run = () => collect(new RegistryStore(root));
const asPath = (digest: string) => digest.replace(":", "/");
const blobFolder = (digest: string) => join(v2, "blobs/sha256", digest.slice(7, 9), digest.slice(7));
const has = (digest: string) => existsSync(join(blobFolder(digest), "data"));
const linkIn = (repository: string, folder: string, digest: string) =>
  join(v2, "repositories", repository, folder, asPath(digest), "link");

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** As the registry writes it. @returns its digest */
function blob(content: string): string {
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  write(join(blobFolder(digest), "data"), content);
  return digest;
}

function layer(repository: string, content: string): string {
  const digest = blob(content);
  write(linkIn(repository, "_layers", digest), digest);
  return digest;
}

function manifest(repository: string, content: object, tag?: string): string {
  const digest = blob(JSON.stringify({ schemaVersion: 2, ...content }));
  write(linkIn(repository, "_manifests/revisions", digest), digest);
  if (tag !== undefined) {
    const tags = join(v2, "repositories", repository, "_manifests/tags", tag);
    write(join(tags, "current/link"), digest);
    write(join(tags, "index", asPath(digest), "link"), digest);
  }
  return digest;
}

/** An image of one layer. */
function image(repository: string, says: string, tag?: string) {
  const config = layer(repository, `config of ${says}`),
    content = layer(repository, says);
  return {
    config,
    content,
    digest: manifest(repository, { config: { digest: config }, layers: [{ digest: content }] }, tag),
  };
}

describe("a collection", () => {
  it("has nothing to do where nothing was pushed, and says so", async () => {
    expect(await run()).toEqual({ repositories: 0, skipped: [], manifests: 0, blobs: 0 });
    mkdirSync(join(v2, "repositories/ada/begun/_uploads"), { recursive: true });
    expect(summary(await run())).toBe("0 repositories: 0 manifests and 0 blobs removed, to which no tag led.");
  });

  it("removes what no tag leads to any more, and keeps the rest", async () => {
    const before = image("ada/hello", "first", "1"),
      now = image("ada/hello", "second", "1"),
      other = image("bob/team/app", "third", "latest");
    expect(await run()).toEqual({ repositories: 2, skipped: [], manifests: 1, blobs: 3 });
    for (const digest of Object.values(before)) expect(has(digest)).toBe(false);
    for (const digest of [...Object.values(now), ...Object.values(other)]) expect(has(digest)).toBe(true);
    expect(existsSync(linkIn("ada/hello", "_layers", before.content))).toBe(false);
    expect(existsSync(linkIn("ada/hello", "_manifests/revisions", before.digest))).toBe(false);
    expect(existsSync(linkIn("ada/hello", "_manifests/tags/1/index", before.digest))).toBe(false);
    expect(existsSync(linkIn("ada/hello", "_manifests/tags/1/index", now.digest))).toBe(true);
    expect(await run()).toMatchObject({ manifests: 0, blobs: 0 });
  });

  it("keeps the images of an index, and what two repositories share", async () => {
    const amd64 = image("ada/many", "amd64"),
      shared = layer("bob/app", "amd64");
    manifest("ada/many", { manifests: [{ digest: amd64.digest }, { digest: `sha256:${"0".repeat(64)}` }] }, "1");
    const lost = manifest("bob/app", { layers: [{ digest: shared }] });
    expect(await run()).toMatchObject({ manifests: 1, blobs: 1 });
    for (const digest of Object.values(amd64)) expect(has(digest)).toBe(true);
    expect(has(lost)).toBe(false);
  });

  it("is not stopped by an index of nothing, of which the registry has no folder of layers", async () => {
    const empty = manifest("ada/empty", { manifests: [] }, "1"),
      garbage = image("bob/app", "old");
    expect(await run()).toMatchObject({ repositories: 2, skipped: [], manifests: 1 });
    expect([has(empty), has(garbage.content)]).toEqual([true, false]);
  });

  it.each<[string, (digest: string) => void]>([
    [
      "has a tag that was cut off",
      () => write(join(v2, "repositories/ada/damaged/_manifests/tags/2/current/link"), ""),
    ],
    ["has lost a manifest", (digest) => rmSync(blobFolder(digest), { recursive: true })],
    ["has a manifest that was cut off", (digest) => write(join(blobFolder(digest), "data"), "{")],
  ])("leaves a repository as it is that %s, names it, and tidies up all others", async (_, damage) => {
    const untagged = image("ada/damaged", "untagged"),
      tagged = image("ada/damaged", "tagged", "1"),
      garbage = image("bob/app", "old");
    damage(tagged.digest);
    const collection = await run();
    expect(collection.skipped).toMatchObject([{ repository: "ada/damaged" }]);
    expect(summary(collection)).toContain("can't be read: ada/damaged (");
    for (const digest of [untagged.digest, untagged.content, tagged.config, tagged.content])
      expect(has(digest)).toBe(true);
    expect([has(garbage.digest), has(garbage.content)]).toEqual([false, false]);
  });
});
