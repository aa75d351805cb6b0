import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { keptFile, type WantedFile } from "./kept-file.ts";

const scratch = useScratch();
const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");
const text = "a model, as it were\n";
const sha256 = sha256Of(text);

const told: string[] = [];
const kept = async (wanted: Partial<WantedFile>): Promise<string> =>
  readFileSync(
    await keptFile({ sha256, ...wanted }, { home: scratch.home, report: (line) => told.push(line) }),
    "utf8",
  );
const inCache = (): string[] => readdirSync(join(scratch.home.cache, "files"));

/** A zip archive of one file, stored as it is: Python's standard library reads and writes the same. */
const ZIP =
  "UEsDBBQAAAAAAAAAIQBKBvv/FAAAABQAAAAMAAAAZm9sZGVyL21vZGVsYSBtb2RlbCwgYXMgaXQgd2VyZQpQSwECFAMUAAAAAAAAACEASgb7/xQAAAAUAAAADAAAAAAAAAAAAAAAgAEAAAAAZm9sZGVyL21vZGVsUEsFBgAAAAABAAEAOgAAAD4AAAAAAA==";

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
}

/** A server of ranges that breaks the first answer off in its middle, once what it gave of it is written. */
async function breaking(ranges: (string | undefined)[]): Promise<string> {
  return serving((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    response.writeHead(range === undefined ? 200 : 206, {
      "Content-Length": text.length - from,
      ...(range !== undefined && { "Content-Range": `bytes ${from}-${text.length - 1}/${text.length}` }),
    });
    if (ranges.length > 1) return void response.end(text.slice(from));
    const partial = join(scratch.home.cache, "files", `${sha256}.part`);
    response.write(text.slice(0, 7));
    void vi.waitFor(() => expect(statSync(partial).size).toBe(7)).finally(() => response.destroy());
  });
}

describe("a file that is fetched", () => {
  it("is fetched once, and nothing else stays", async () => {
    let asked = 0;
    const url = await serving((_request, response) => {
      asked++;
      response.end(text);
    });
    expect([await kept({ url }), await kept({ url })]).toEqual([text, text]);
    expect([asked, inCache()]).toEqual([1, [sha256]]);
  });

  it("is gone on with after a break", async () => {
    const ranges: (string | undefined)[] = [];
    expect(await kept({ url: await breaking(ranges) })).toBe(text);
    expect(ranges).toEqual([undefined, "bytes=7-"]);
    expect(inCache()).toEqual([sha256]);
  });

  it("is fetched anew where what lay there was the beginning of something else", async () => {
    mkdirSync(join(scratch.home.cache, "files"), { recursive: true });
    writeFileSync(join(scratch.home.cache, "files", `${sha256}.part`), "another");
    const ranges: (string | undefined)[] = ["before"];
    expect(await kept({ url: await breaking(ranges) })).toBe(text);
    expect(ranges.slice(1)).toEqual(["bytes=7-", undefined]);
  });

  it("is fetched anew where the cache was damaged", async () => {
    const url = await serving((_request, response) => void response.end(text));
    await kept({ url });
    writeFileSync(join(scratch.home.cache, "files", sha256), "damaged");
    expect(await kept({ url })).toBe(text);
  });

  it("is refused where it is another, with both hashes, and is not kept", async () => {
    const url = await serving((_request, response) => void response.end("other"));
    await expect(kept({ url })).rejects.toMatchObject({
      code: "checksum-mismatch",
      message: expect.stringContaining(`${sha256Of("other")}, not ${sha256}`),
    });
    expect(inCache()).toEqual([]);
  });

  it("is told of with the server's answer where there is none", async () => {
    const url = await serving((_request, response) => void response.writeHead(404).end());
    await expect(kept({ url })).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining("answered 404"),
    });
  });

  it("comes from the Python index where its server has none", async () => {
    const url = await serving((_request, response) => void response.writeHead(403).end());
    const bin = join(scratch.path, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "python3"),
      `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\necho ${ZIP} | base64 -d > "$2/$3.whl"\n`,
    );
    chmodSync(join(bin, "python3"), 0o755);
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await kept({ url, wheel: "x==1", member: "folder/model" })).toBe(text);
    expect(inCache()).toEqual([sha256]);
  });
});

describe("a file of this machine", () => {
  const write = (content: string | Buffer): string => {
    const path = join(scratch.path, "given");
    writeFileSync(path, content);
    return path;
  };

  it("stays where it is", async () => {
    const path = write(text);
    expect(await keptFile({ sha256, path }, { home: scratch.home, report: () => {} })).toBe(path);
  });

  it("is refused where it is another, and stays", async () => {
    const path = write("other");
    await expect(kept({ path })).rejects.toMatchObject({ code: "checksum-mismatch" });
    expect(existsSync(path)).toBe(true);
  });

  it("may be an archive, which stays as well", async () => {
    const path = write(Buffer.from(ZIP, "base64"));
    expect(await kept({ path, member: "folder/model" })).toBe(text);
    expect(existsSync(path)).toBe(true);
    await expect(kept({ path, member: "folder/none", sha256: "0" })).rejects.toMatchObject({ code: "member-missing" });
  });

  it("is told of where it is no archive, and where it is missing", async () => {
    await expect(kept({ path: write("no archive"), member: "x" })).rejects.toMatchObject({
      code: "archive-unreadable",
    });
    await expect(kept({ path: join(scratch.path, "none") })).rejects.toMatchObject({ code: "file-missing" });
    await expect(kept({ path: join(scratch.path, "none"), member: "x" })).rejects.toMatchObject({
      code: "file-missing",
    });
  });
});

it("says that nobody said where it is", async () => {
  await expect(kept({})).rejects.toMatchObject({
    code: "download-failed",
    message: expect.stringContaining("nothing says"),
  });
});
