import { mkdir, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import * as Y from "yjs";
import { bareRemote, Clone, git } from "../testing/remote.ts";
import { openNote } from "../testing/editor.ts";
import { startRooms, type RoomsServer } from "../testing/rooms-server.ts";
import { scratchFolder, writeFiles } from "../testing/scratch.ts";
import { memberAuthor } from "../git/author.ts";
import { Repository } from "../git/repository.ts";
import { VaultFiles } from "../vault/files.ts";
import { DocumentStore } from "./document-store.ts";
import { SharedVault, type SharedVaultOptions } from "./shared-vault.ts";

const [ada, grace] = [memberAuthor("ada"), memberAuthor("grace")];
const log = (folder: string, format: string, ...args: string[]): Promise<string[]> =>
  git(folder, "log", `--format=${format}`, ...args).then((text) => text.trim().split("\n"));

async function options(
  more: Partial<SharedVaultOptions> = {},
): Promise<SharedVaultOptions & { readonly remote: string }> {
  const base = await scratchFolder();
  // Tests say themselves when it is time.
  const never = { quietMs: 3_600_000, longestMs: 3_600_000 };
  return {
    folder: join(base, "vault"),
    stateFolder: join(base, "state"),
    remote: await bareRemote(),
    ...never,
    ...more,
  };
}

async function opened(given: SharedVaultOptions): Promise<SharedVault> {
  const shared = await SharedVault.open(given);
  onTestFinished(() => shared.close());
  return shared;
}

async function served(given: SharedVaultOptions): Promise<RoomsServer> {
  const server = await startRooms(given);
  onTestFinished(() => server.close());
  return server;
}

test("every change is committed as who made it, and pushed", async () => {
  const given = await options();
  const shared = await opened(given);
  await shared.create("Plan.md", "# Plan\n\n[[Shed]]\n", ada);
  await shared.create("Shed.md", "# Shed\n", grace);
  await shared.write("Plan.md", "# Plan\n\n[[Shed]] and more\n", grace);
  expect(await shared.rename("Shed.md", "places/Tool shed.md", ada)).toEqual(["places/Tool shed.md", "Plan.md"]);
  await shared.remove("Plan.md", grace);
  await writeFile(join(given.folder, "by hand.md"), "x");
  await shared.sync();
  expect((await log(given.remote, "%an: %s", "main")).reverse()).toEqual([
    "ada: Write Plan.md",
    "grace: Write Shed.md",
    "grace: Edit Plan.md",
    "ada: Rename Shed.md to places/Tool shed.md",
    "grace: Remove Plan.md",
    "notes: Take in what was changed in the folder",
  ]);
  expect(await git(given.remote, "show", "main~2:Plan.md")).toBe("# Plan\n\n[[Tool shed]] and more\n");
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
});

test("what others wrote since a text was read stays", async () => {
  const shared = await opened(await options());
  await shared.create("a.md", "one\ntwo\nthree\n", ada);
  await shared.write("a.md", "ONE\ntwo\nthree\n", ada, "one\ntwo\nthree\n");
  await shared.write("a.md", "one\ntwo\nTHREE\n", grace, "one\ntwo\nthree\n");
  expect(await shared.read("a.md")).toBe("ONE\ntwo\nTHREE\n");
});

test("a vault begins with what its remote has, and takes what comes", async () => {
  const given = await options();
  const clone = await Clone.of(given.remote);
  await clone.push({ "a.md": "alpha\n", "picture.png": "\0png", "deep/b.md": "beta\n" });
  const shared = await opened(given);
  await shared.sync();
  expect(shared.vault.search("alpha")).toHaveLength(1);
  await git(clone.folder, "rm", "--quiet", "a.md", "picture.png");
  await clone.push({ "deep/b.md": "beta gamma\n" });
  await shared.sync();
  expect(shared.vault.list().map(({ path }) => path)).toEqual(["deep/b.md"]);
  expect(shared.vault.search("gamma")).toHaveLength(1);
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
});

test("what git can't merge is merged by letters, and nothing is lost", async () => {
  const given = await options();
  const shared = await opened(given);
  await shared.create("a.md", "start\nmiddle\nend\n", ada);
  await shared.create("gone.md", "first\n", ada);
  await shared.create("kept.md", "first\n", ada);
  await shared.sync();
  const clone = await Clone.of(given.remote);
  await git(clone.folder, "rm", "--quiet", "kept.md");
  await clone.push({
    "a.md": "start\nmiddle by linus\nend\n",
    "gone.md": "linus still needs it\n",
    "new.md": "by linus\n",
    "blob.png": "\0linus",
  });
  await shared.write("a.md", "start\nada's middle\nend\n", ada);
  await shared.remove("gone.md", ada);
  await shared.write("kept.md", "ada still needs it\n", ada);
  await shared.create("new.md", "by ada\n", ada);
  await writeFile(join(given.folder, "blob.png"), "\0ada");
  await shared.sync();
  expect(await shared.read("a.md")).toBe("start\nada's middle by linus\nend\n");
  expect(await shared.read("gone.md")).toBe("linus still needs it\n");
  expect(await shared.read("kept.md")).toBe("ada still needs it\n");
  expect((await shared.read("new.md")).split("\n").sort()).toEqual(["", "by ada", "by linus"]);
  await clone.pull();
  const files = (await git(clone.folder, "ls-files")).trim().split("\n");
  expect(files).toEqual([
    "a.md",
    expect.stringMatching(/^blob \([0-9a-f]{8}\)\.png$/),
    "blob.png",
    "gone.md",
    "kept.md",
    "new.md",
  ]);
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
});

test("what comes has any name that git can hold, and a folder becomes a note and a note a folder", async () => {
  const given = await options();
  const clone = await Clone.of(given.remote);
  const bytes = (...odd: number[]): Buffer => Buffer.concat([Buffer.from(`${clone.folder}/`), Buffer.from(odd)]);
  // Two names that are no UTF-8: a picture's, and one that ends as a note's does.
  for (const name of [bytes(0xe9, 0x2e, 0x70, 0x6e, 0x67), bytes(0xe9, 0x2e, 0x6d, 0x64)])
    await writeFile(name, "latin");
  await clone.push({ "x.md/in a folder.md": "x\n", "y.md": "y\n" });
  const shared = await opened(given);
  await shared.sync();
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
  expect((await readdir(given.folder, { encoding: "latin1" })).toSorted()).toEqual(
    [".git", "x.md", "y.md", "\xe9.md", "\xe9.png"].toSorted(),
  );
  await rm(bytes(0xe9, 0x2e, 0x70, 0x6e, 0x67));
  await git(clone.folder, "rm", "-r", "--quiet", "x.md", "y.md");
  await clone.push({ "x.md": "x\n", "y.md/in a folder.md": "y\n" });
  await shared.sync();
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
  expect(shared.vault.list().map(({ path }) => path)).toEqual(["x.md", "y.md/in a folder.md"]);
  expect((await readdir(given.folder, { encoding: "latin1" })).toSorted()).toEqual(
    [".git", "x.md", "y.md", "\xe9.md"].toSorted(),
  );
});

test("a note that somebody's .gitignore names is a note", async () => {
  const given = await options();
  await (await Clone.of(given.remote)).push({ ".gitignore": "drafts/\n" });
  const shared = await opened(given);
  await shared.sync();
  await shared.create("drafts/a.md", "a\n", ada);
  await shared.sync();
  expect(await log(given.remote, "%an: %s", "-1", "main")).toEqual(["ada: Write drafts/a.md"]);
});

test("what comes and can't be brought in is brought in the next time, and undoes nothing", async () => {
  const given = await options();
  const clone = await Clone.of(given.remote);
  await clone.push({ "a.md": "one\n", "z.md": "one\n" });
  const shared = await opened(given);
  await shared.sync();
  await clone.push({ "a.md": "two\n", "z.md": "two\n" });
  const write = vi.spyOn(shared.vault.files, "write");
  onTestFinished(() => write.mockRestore());
  write.mockImplementationOnce((...file) => {
    // There was room for the first alone.
    write.mockRejectedValueOnce(new Error("no space left on device"));
    return VaultFiles.prototype.write.apply(shared.vault.files, file);
  });
  await expect(shared.sync()).rejects.toThrow("no space left");
  await clone.push({ "a.md": "three\n" });
  await shared.sync();
  expect([await shared.read("a.md"), await shared.read("z.md")]).toEqual(["three\n", "two\n"]);
  await shared.sync();
  expect(await log(given.remote, "%s", "main")).toEqual(["by hand", "by hand", "by hand"]);
});

test("a file that is changed just while a push comes in has both", async () => {
  const given = await options();
  const clone = await Clone.of(given.remote);
  await clone.push({ "a.md": "one\n" });
  const shared = await opened(given);
  await shared.sync();
  await clone.push({ "a.md": "zero\none\n" });
  const fetch = vi.spyOn(Repository.prototype, "fetch");
  onTestFinished(() => fetch.mockRestore());
  fetch.mockImplementationOnce(async function (this: Repository) {
    await writeFile(join(given.folder, "a.md"), "one\nby hand\n");
    return await this.fetch();
  });
  await shared.sync();
  expect(await shared.read("a.md")).toBe("zero\none\nby hand\n");
});

/** A note with a line that somebody is writing. */
async function beingWritten() {
  const given = await options({ authorOf: () => grace });
  const shared = await opened(given);
  await shared.create("n.md", "one\n", ada);
  const id = await shared.edit("n.md");
  const room = new Y.Doc();
  shared.attach(id, room);
  room.getText("text").insert(0, "zero\n");
  return { given, shared, id, room };
}

test("what was changed in a file comes into an open note once, also where that could not be written then", async () => {
  const { given, shared, id, room } = await beingWritten();
  await writeFile(join(given.folder, "n.md"), "one\ntwo\n");
  const write = vi.spyOn(shared.vault.files, "write").mockRejectedValueOnce(new Error("no space left on device"));
  onTestFinished(() => write.mockRestore());
  await expect(shared.commit()).rejects.toThrow("no space left");
  await shared.commit();
  expect(room.getText("text").toJSON()).toBe("zero\none\ntwo\n");
  expect(await shared.read("n.md")).toBe("zero\none\ntwo\n");
  shared.detach(id);
});

test("what was written just when the server was killed is there once", async () => {
  const { shared, id } = await beingWritten();
  const written = vi.spyOn(DocumentStore.prototype, "written").mockImplementationOnce(() => {
    throw new Error("killed");
  });
  onTestFinished(() => written.mockRestore());
  await expect(shared.commit()).rejects.toThrow("killed");
  // Of the document there is from here on what is stored.
  shared.detach(id);
  await shared.commit();
  expect(await shared.read("n.md")).toBe("zero\none\n");
});

test("one that can't be opened leaves no file open, and is opened once it can be", async () => {
  const given = await options();
  const open = async (): Promise<string[]> => {
    const files = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    return files.filter((file) => file.startsWith(given.stateFolder));
  };
  await (await SharedVault.open(given)).close();
  await writeFile(join(given.folder, "a.md"), "a\n");
  await mkdir(join(given.folder, ".git/index"));
  for (let tries = 0; tries < 3; tries++) await expect(SharedVault.open(given)).rejects.toThrow(/^git /);
  expect(await open()).toEqual([]);
  await rm(join(given.folder, ".git/index"), { recursive: true });
  const again = await opened(given);
  expect(again.vault.list()).toHaveLength(1);
});

test("what was pushed, and what was committed, while a server was being killed is exchanged by the next", async () => {
  const given = await options();
  const first = await SharedVault.open(given);
  await first.create("here.md", "here\n", ada);
  await first.close();
  await (await Clone.of(given.remote)).push({ "there.md": "there\n" });
  const next = await opened({ ...given, quietMs: 20 });
  await vi.waitFor(async () => {
    expect(next.vault.list().map(({ path }) => path)).toEqual(["here.md", "there.md"]);
    expect(await git(given.remote, "ls-tree", "--name-only", "main")).toBe("here.md\nthere.md\n");
  }, 20_000);
});

test("nothing that a remote sends is written outside of the vault", async () => {
  const given = await options();
  const outside = await scratchFolder();
  await writeFiles(outside, { "victim.md": "untouched" });
  const clone = await Clone.of(given.remote);
  await git(clone.folder, "config", "core.symlinks", "true");
  await git(clone.folder, "commit", "--allow-empty", "--quiet", "--message", "first");
  const link = (await git(clone.folder, "hash-object", "-w", join(outside, "victim.md"))).trim();
  await writeFile(join(clone.folder, "target"), outside);
  const target = (await git(clone.folder, "hash-object", "-w", "target")).trim();
  for (const [path, object] of [
    ["out", target],
    ["evil.md", target],
  ] as const) {
    await git(clone.folder, "update-index", "--add", "--cacheinfo", `120000,${object},${path}`);
  }
  await git(clone.folder, "commit", "--quiet", "--message", "links");
  await clone.pushCommits();
  const shared = await opened(given);
  await shared.sync();
  await shared.create("note.md", link, ada);
  await expect(shared.create("out/victim.md", "x", ada)).rejects.toThrow();
  await expect(shared.read("out/victim.md")).rejects.toThrow();
  expect(await git(given.folder, "status", "--porcelain")).toBe("");
});

test("two people and a push change one note at once, and nothing is lost", async () => {
  const given = await options({ quietMs: 50, longestMs: 200, pollMs: 50 });
  const [server, { remote }] = [await served(given), given];
  await server.vault.create("n.md", "# Together\n\nbase\n", ada);
  await server.vault.sync();
  const clone = await Clone.of(remote);
  const [one, other] = [await openNote(server.port, "ada", "n.md"), await openNote(server.port, "grace", "n.md")];
  const wanted = ["# Together", "base"];
  for (let round = 0; round < 30; round++) {
    one.text.insert(one.text.length, `ada ${round}\n`);
    other.text.insert(0, `grace ${round}\n`);
    wanted.push(`ada ${round}`, `grace ${round}`);
    if (round === 10) other.disconnect();
    if (round === 20) other.connect();
    if (round % 10 === 5) {
      await clone.change("n.md", (text) => text.replace("base\n", `base\nlinus ${round}\n`));
      wanted.push(`linus ${round}`);
    }
    await vi.waitFor(() => expect(one.isSaved()).toBe(true), 20_000);
  }
  const lines = (text: string): string[] => text.split("\n").filter(Boolean).sort();
  await vi.waitFor(async () => {
    await clone.pull();
    expect(lines(await clone.read("n.md"))).toEqual(wanted.sort());
    expect(one.value()).toBe(other.value());
    expect(await clone.read("n.md")).toBe(one.value());
  }, 30_000);
  const people = await log(remote, "%an%n%(trailers:key=Co-authored-by,valueonly)", "main", "--", "n.md");
  for (const name of ["ada", "grace", "linus"]) expect(people.join("\n")).toContain(name);
});

test("several people in one window are all told of by its commit", async () => {
  const given = await options();
  const server = await served(given);
  await server.vault.create("n.md", "\n", ada);
  const [one, other] = [await openNote(server.port, "grace", "n.md"), await openNote(server.port, "ada", "n.md")];
  one.text.insert(0, "by grace\n");
  await vi.waitFor(() => expect(other.value()).toContain("by grace"), 20_000);
  other.text.insert(0, "by ada\n");
  await vi.waitFor(() => expect(one.value()).toContain("by ada"), 20_000);
  await server.vault.commit();
  expect((await log(given.folder, "%an <%ae>%n%(trailers)", "-1")).filter(Boolean)).toEqual([
    "grace <grace@guildnet.local>",
    "Co-authored-by: ada <ada@guildnet.local>",
  ]);
});

test("an open note follows its file, its new name, and its end", async () => {
  const given = await options({ quietMs: 50, longestMs: 200 });
  const server = await served(given);
  await server.vault.create("n.md", "one\r\ntwo\r\n", ada);
  const editor = await openNote(server.port, "grace", "n.md");
  expect(editor.value()).toBe("one\ntwo\n");
  await writeFile(join(given.folder, "n.md"), "one\ntwo\nby hand\n");
  await vi.waitFor(() => expect(editor.value()).toBe("one\ntwo\nby hand\n"), 10_000);
  await server.vault.rename("n.md", "m.md", ada);
  editor.text.insert(0, "still here\n");
  await vi.waitFor(async () => expect(await server.vault.read("m.md")).toBe("still here\none\ntwo\nby hand\n"), 10_000);
  await server.vault.commit();
  await server.vault.remove("m.md", ada);
  expect(server.vault.vault.list()).toEqual([]);
});

test("who has no right to a vault gets into none of its rooms", async () => {
  const server = await served(await options());
  await server.vault.create("n.md", "secret\n", ada);
  await expect(openNote(server.port, "ada", "../n.md")).rejects.toThrow("not let in");
});
