import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { guildnetHome } from "../home.ts";
import { ensureImage, exportImage, hasImage, tidyImages } from "./index.ts";
import { ImageStore } from "./store.ts";
import { unpackedImage } from "./unpacked.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let home: string;
let context: string;
let store: ImageStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guildnet-images-"));
  home = join(folder, "home");
  context = join(folder, "context");
  store = new ImageStore(guildnetHome({ GUILDNET_HOME: home }));
  await mkdir(context);
  await writeFile(join(context, "Dockerfile"), "FROM scratch\nARG WORD\nCOPY . /\nENV WORD=$WORD\n");
  await writeFile(join(context, "content"), "written by a test");
});

afterAll(async () => {
  await store.run(["rm", "--all"]);
  await rm(folder, { recursive: true, force: true });
});

const build = (tag: string) =>
  ensureImage({ reference: `guildnet.local/tiny:${tag}`, context, buildArgs: { WORD: tag }, home });

it("builds an image once, and needs no context to find it again", async () => {
  const { id, reference } = await build("first");
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await ensureImage({ reference, home })).toEqual({ reference, id });
});

it("builds once where two ask at the same time", async () => {
  const lines: string[] = [];
  const both = await Promise.all(
    [1, 2].map(() =>
      ensureImage({ reference: "guildnet.local/pair:1", context, home, log: (line) => lines.push(line) }),
    ),
  );
  expect(both[0]).toEqual(both[1]);
  expect(lines.filter((line) => line.includes("COMMIT guildnet.local/pair:1"))).toHaveLength(1);
});

it("exports what it built, under its reference", async () => {
  const output = new PassThrough();
  const archive = text(output);
  await exportImage("guildnet.local/tiny:first", home, output);
  expect(await archive).toContain("written by a test");
  expect(await archive).toContain('"RepoTags":["guildnet.local/tiny:first"]');
});

it("says where the layers of what it built lie unpacked", async () => {
  const { id } = await build("first");
  const unpacked = await unpackedImage(store.home, id);
  expect(JSON.parse(unpacked?.config ?? "")).toMatchObject({
    config: { Env: expect.arrayContaining(["WORD=first"]) },
    rootfs: { diff_ids: unpacked?.layers.map(({ diffId }) => diffId) },
  });
  expect(await Promise.all((unpacked?.layers ?? []).map(({ folder }) => readdir(folder)))).toContainEqual([
    "Dockerfile",
    "content",
  ]);
});

it("keeps the newest two builds", async () => {
  await build("second");
  await build("third");
  expect(
    await Promise.all(["first", "second", "third"].map((tag) => hasImage(`guildnet.local/tiny:${tag}`, home))),
  ).toEqual([false, true, true]);
});

it("clears away what an interrupted build left behind, its mounts as well", async () => {
  await store.run(["mount", await store.run(["from", "scratch"])]);
  expect(await readFile("/proc/self/mounts", "utf8")).toContain(home);
  await mkdir(join(home, "locks", "builds"), { recursive: true });
  await writeFile(join(home, "locks", "builds", "999999999.dead"), "");
  await tidyImages(home);
  expect(await store.run(["containers", "--quiet"])).toBe("");
  expect(await readdir(join(home, "locks", "builds"))).toEqual([]);
  expect(await readFile("/proc/self/mounts", "utf8")).not.toContain(home);
});

it("gives no reference to an image whose build failed", async () => {
  const broken = join(folder, "broken");
  await mkdir(broken);
  await writeFile(join(broken, "Dockerfile"), "FROM scratch\nCOPY missing /\n");
  await expect(ensureImage({ reference: "guildnet.local/broken:1", context: broken, home })).rejects.toMatchObject({
    code: "image-build-failed",
    message: expect.stringContaining("missing"),
  });
  expect(await hasImage("guildnet.local/broken:1", home)).toBe(false);
});

it.each([
  ["guildnet.local/unbuilt:1", "image-context-missing", "say from which folder"],
  ["unreachable.invalid/thing:1", "image-unknown", "--offline"],
])("says what is wrong with %s", async (reference, code, words) => {
  vi.stubEnv("GUILDNET_TOOLCHAIN", "registries");
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(ensureImage({ reference, home })).rejects.toMatchObject({
    name: "UserError",
    code,
    message: expect.stringContaining(words),
  });
});

it("gives the words of the pull of an image that can be had in no other way", async () => {
  vi.stubEnv("GUILDNET_TOOLCHAIN", "");
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(ensureImage({ reference: "127.0.0.1:1/thing:1", home })).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("refused"),
  });
});
