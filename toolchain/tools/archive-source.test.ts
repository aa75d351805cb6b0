import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { openLog } from "../log.ts";
import { forwardProxy } from "../testing/forward-proxy.ts";
import { useScratch } from "../testing/scratch.ts";
import { archiveSource } from "./archive-source.ts";

const scratch = useScratch();
let server: Server;
let bytes: Buffer;

beforeEach(async () => {
  mkdirSync(join(scratch.path, "release", "top"), { recursive: true });
  writeFileSync(join(scratch.path, "release", "top", "tool"), "#!/bin/sh\n", { mode: 0o755 });
  execFileSync("tar", ["-czf", join(scratch.path, "a.tar.gz"), "-C", join(scratch.path, "release"), "top"]);
  bytes = readFileSync(join(scratch.path, "a.tar.gz"));
  server = createServer((_request, response) => response.end(bytes)).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.tar.gz`;
const sha256 = () => createHash("sha256").update(bytes).digest("hex");
const source = (hash: string) =>
  archiveSource({ version: "1", archives: { x64: { url: url(), sha256: hash } } }, { into: "bin", strip: 1 }, "x64");

async function provide(hash: string): Promise<string> {
  const folder = join(scratch.path, "tool");
  mkdirSync(folder);
  await source(hash)[0]?.provide(folder, {
    home: scratch.home,
    log: openLog(scratch.home, "archive"),
    report: () => {},
  });
  return folder;
}

it("unpacks an archive that is the one that was pinned", async () => {
  const folder = await provide(sha256());
  expect(readFileSync(join(folder, "bin", "tool"), "utf8")).toBe("#!/bin/sh\n");
  expect(existsSync(join(folder, ".archive.tar.gz"))).toBe(false);
});

it("refuses one byte of difference before anything is unpacked", async () => {
  const pinned = sha256();
  bytes = Buffer.concat([bytes, Buffer.from([0])]);
  await expect(provide(pinned)).rejects.toMatchObject({
    code: "checksum-mismatch",
    message: expect.stringContaining(pinned),
  });
  expect(existsSync(join(scratch.path, "tool", "bin"))).toBe(false);
});

it("is available only while its server answers", async () => {
  const [only] = source("");
  expect(await only?.available()).toBe(true);
  server.close();
  await once(server, "close");
  expect(await only?.available()).toBe(false);
});

it("comes through the proxy that the environment names", async () => {
  const proxy = await forwardProxy({ "releases.example": (server.address() as AddressInfo).port });
  vi.stubEnv("http_proxy", proxy.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [far] = archiveSource(
    { version: "1", archives: { x64: { url: "http://releases.example/a.tar.gz", sha256: sha256() } } },
    { into: "bin", strip: 1 },
    "x64",
  );
  const folder = join(scratch.path, "tool");
  mkdirSync(folder);
  expect(await far?.available()).toBe(true);
  await far?.provide(folder, { home: scratch.home, log: openLog(scratch.home, "archive"), report: () => {} });
  expect(existsSync(join(folder, "bin", "tool"))).toBe(true);
  expect(proxy.asked).toEqual(["releases.example:80", "releases.example:80"]);
});

it("is not offered for a CPU without a pinned checksum", () => {
  expect(archiveSource({ version: "1", archives: {} }, { into: ".", strip: 0 }, "x64")).toEqual([]);
});
