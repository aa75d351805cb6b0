import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Git } from "./git.ts";
import type { Person } from "./testing/machine.ts";
import { Machine } from "./testing/machine.ts";

let machine: Machine, ada: Person, bob: Person;
beforeEach(async () => {
  machine = await Machine.make();
  [ada, bob] = [machine.copy("ada"), machine.copy("bob")];
});

const plainRun = Git.prototype.run;

const synced = { kind: "synced", left: [] };

async function both(): Promise<void> {
  for (const person of [ada, bob, ada]) expect(await person.copy.round()).toEqual(synced);
}

describe("what one writes", { timeout: 120_000 }, () => {
  test("the other has, with who wrote it", async () => {
    ada.write("plans/Roof.md", "# Roof\n");
    await both();
    expect(bob.notes()).toEqual({ "plans/Roof.md": "# Roof\n" });
    expect(bob.git("log", "-1", "--format=%an %ae %s").trim()).toBe("ada ada@guildnet.local Edit plans/Roof.md");
    expect(machine.pushes).toEqual(["ada"]);
  });

  test("is by the name that the person's git has", async () => {
    await ada.copy.round();
    ada.git("config", "user.name", "Ada Lovelace");
    ada.git("config", "user.email", "ada@example.org");
    ada.write("a.md", "a");
    await both();
    expect(bob.git("log", "-1", "--format=%an <%ae>").trim()).toBe("Ada Lovelace <ada@example.org>");
  });

  test("goes, is moved and changed, also with names that are no UTF-8 and have spaces", async () => {
    ada.write("a.md", "a\n");
    ada.write("b c é.md", "b\n");
    ada.write("bytes", new Uint8Array([0, 255, 10, 13, 10]));
    writeFileSync(Buffer.concat([Buffer.from(`${ada.folder}/`), Buffer.from([0xe9, 0x2e, 0x6d, 0x64])]), "latin");
    await both();
    ada.remove("a.md");
    renameSync(ada.path("b c é.md"), ada.path("d.md"));
    await both();
    expect(
      readdirSync(bob.folder, { encoding: "buffer" })
        .map((name) => name.toString("latin1"))
        .toSorted(),
    ).toEqual([".git", "bytes", "d.md", "\xe9.md"].toSorted());
    expect(bob.git("status", "--porcelain")).toBe("");
  });

  test("is untouched where nothing was changed: not one commit more", async () => {
    ada.write("a.md", "a");
    await both();
    const before = ada.git("rev-parse", "HEAD");
    await both();
    expect(ada.git("rev-parse", "HEAD")).toBe(before);
  });
});

describe("both change", { timeout: 120_000 }, () => {
  beforeEach(async () => {
    ada.write("a.md", "one\ntwo\nthree\nfour\nfive\n");
    ada.write("picture", new Uint8Array([0, 1, 2]));
    await both();
  });

  test("different lines of a note: it has both", async () => {
    ada.write("a.md", "ONE\ntwo\nthree\nfour\nfive\n");
    bob.write("a.md", "one\ntwo\nthree\nfour\nFIVE\n");
    await both();
    for (const person of [ada, bob]) expect(person.read("a.md")).toBe("ONE\ntwo\nthree\nfour\nFIVE\n");
  });

  test("the same line: both lines stay, without marks of a conflict", async () => {
    ada.write("a.md", "one\ntwo\nby ada\nfour\nfive\n");
    bob.write("a.md", "one\ntwo\nby bob\nfour\nfive\n");
    await both();
    expect(ada.read("a.md")).toBe("one\ntwo\nby bob\nby ada\nfour\nfive\n");
    expect(bob.notes()).toEqual(ada.notes());
  });

  test("the last line, which has no line feed", async () => {
    ada.write("a.md", "by ada");
    bob.write("a.md", "by bob");
    await both();
    expect(ada.read("a.md").split("\n")).toEqual(expect.arrayContaining(["by ada", "by bob"]));
  });

  test("what is no text: both files stay", async () => {
    ada.write("picture", new Uint8Array([0, 1, 3]));
    bob.write("picture", new Uint8Array([0, 1, 4]));
    await both();
    const names = readdirSync(ada.folder).filter((name) => name.startsWith("picture"));
    expect(names).toEqual(["picture", expect.stringMatching(/^picture \([0-9a-f]{8}\)$/)]);
    expect(bob.notes()).toEqual(ada.notes());
  });

  test("one removes what the other changes: it stays", async () => {
    ada.remove("a.md");
    bob.write("a.md", "changed\n");
    await both();
    expect(ada.read("a.md")).toBe("changed\n");
  });

  test("one makes a folder where the other makes a file", async () => {
    ada.write("new/a.md", "in a folder");
    bob.write("new", "a file");
    await both();
    expect(Object.values(ada.notes())).toEqual(expect.arrayContaining(["in a folder", "a file"]));
    expect(bob.notes()).toEqual(ada.notes());
  });

  test("one new note each, of one name", async () => {
    ada.write("new.md", "by ada\n");
    bob.write("new.md", "by bob\n");
    await both();
    expect(ada.read("new.md").split("\n").toSorted()).toEqual(["", "by ada", "by bob"]);
  });
});

describe("a person uses git in the folder", { timeout: 120_000 }, () => {
  beforeEach(async () => {
    ada.write("a.md", "a\n");
    await both();
  });

  test("and commits: that is their commit", async () => {
    ada.write("b.md", "b\n");
    ada.git("add", "b.md");
    ada.git("commit", "-qm", "In my own words");
    await both();
    expect(bob.git("log", "-1", "--format=%an: %s").trim()).toBe("Ada Lovelace: In my own words");
  });

  test("and has staged something: it is committed, and their status is clean", async () => {
    ada.write("b.md", "b\n");
    ada.git("add", "b.md");
    bob.write("c.md", "c\n");
    await bob.copy.round();
    await both();
    expect(ada.git("status", "--porcelain")).toBe("");
    expect(bob.read("b.md")).toBe("b\n");
  });

  test("and is in the middle of a rebase: they are left alone until it is over", async () => {
    ada.write("a.md", "b\n");
    ada.git("commit", "-qam", "one");
    ada.git("-c", "sequence.editor=sed -i s/pick/edit/", "rebase", "-q", "-i", "HEAD~1");
    ada.write("b.md", "while it goes on");
    expect(await ada.copy.round()).toEqual({ kind: "waiting", why: "a rebase is under way: finish it" });
    expect(await machine.notes()).toEqual({ "a.md": "a\n" });
    ada.git("rebase", "--continue");
    await both();
    expect(bob.notes()).toEqual({ "a.md": "b\n", "b.md": "while it goes on" });
  });

  test("and looks at another branch", async () => {
    ada.git("switch", "-qc", "mine");
    expect(await ada.copy.round()).toMatchObject({ kind: "waiting" });
    ada.git("switch", "-q", "main");
    await both();
  });

  test("and writes history anew: what is there counts, once", async () => {
    ada.write("a.md", "a\nsecond\n");
    await both();
    ada.write("a.md", "a\nthird\n");
    ada.git("commit", "-qa", "--amend", "-m", "Another");
    bob.write("b.md", "b\n");
    await bob.copy.round();
    await both();
    expect(bob.notes()).toEqual({ "a.md": "a\nthird\n", "b.md": "b\n" });
    expect(ada.notes()).toEqual(bob.notes());
  });

  test("and a git of theirs was killed: its lock is waited for, and taken away at last", async () => {
    const lock = ada.path(".git/index.lock");
    writeFileSync(lock, "");
    ada.write("a.md", "b\n");
    expect(await ada.copy.round()).toEqual({ kind: "waiting", why: "git is at work" });
    const long = new Date(Date.now() - 11 * 60_000);
    utimesSync(lock, long, long);
    await both();
    expect(bob.read("a.md")).toBe("b\n");
  });

  test("and one of us was killed with the lock: it is known again, and in nobody's way", async () => {
    const ours = ada.path(".git/guildnet/index.lock-of-ours");
    writeFileSync(ours, "");
    linkSync(ours, ada.path(".git/index.lock"));
    ada.write("a.md", "b\n");
    await both();
    expect([bob.read("a.md"), ada.git("status", "--porcelain")]).toEqual(["b\n", ""]);
  });

  test("and it is at work just when what others wrote has come: its index follows once it is done", async () => {
    bob.write("b.md", "b\n");
    await bob.copy.round();
    const run = vi.spyOn(Git.prototype, "run");
    onTestFinished(() => run.mockRestore());
    const lock = ada.path(".git/index.lock");
    run.mockImplementation(async function (this: Git, args, ...rest) {
      const answer = await plainRun.call(this, args, ...rest);
      if (args[0] === "update-ref") writeFileSync(lock, "");
      return answer;
    });
    expect(await ada.copy.round()).toEqual(synced);
    run.mockRestore();
    rmSync(lock);
    expect(ada.git("status", "--porcelain")).not.toBe("");
    expect(await ada.copy.round(false)).toEqual(synced);
    expect(ada.git("status", "--porcelain")).toBe("");
  });

  test("and has hooks, filters and settings that stand in the way", async () => {
    writeFileSync(ada.path(".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    ada.git("config", "filter.lfs.clean", "no-such-program");
    ada.git("config", "filter.lfs.required", "true");
    ada.git("config", "core.autocrlf", "true");
    ada.write(".gitattributes", "*.md filter=lfs\n");
    ada.write("a.md", "a\r\n");
    await both();
    expect(bob.read("a.md")).toBe("a\r\n");
  });
});

describe("the folder", { timeout: 120_000 }, () => {
  beforeEach(async () => {
    ada.write("a.md", "a\n");
    ada.write("b/c.md", "c\n");
    await both();
  });

  test.each<[string, () => void]>([
    ["is deleted", () => rmSync(ada.folder, { recursive: true })],
    ["is moved away", () => renameSync(ada.folder, `${ada.folder}-moved`)],
    [
      "loses its repository and its files",
      () => readdirSync(ada.folder).forEach((name) => rmSync(ada.path(name), { recursive: true })),
    ],
  ])("%s: it comes again, and nobody loses a note", async (_name, harm) => {
    harm();
    await both();
    expect(ada.notes()).toEqual({ "a.md": "a\n", "b/c.md": "c\n" });
    expect(await machine.notes()).toEqual(ada.notes());
  });

  test.each<[string, () => void]>([
    ["loses its repository", () => rmSync(ada.path(".git"), { recursive: true })],
    ["has a repository without a branch", () => rmSync(ada.path(".git/refs"), { recursive: true })],
    ["has a repository without objects", () => rmSync(ada.path(".git/objects"), { recursive: true })],
    [
      "has a file in the place of its repository",
      () => {
        rmSync(ada.path(".git"), { recursive: true });
        writeFileSync(ada.path(".git"), "gitdir: /nowhere");
      },
    ],
    ["has a repository with nonsense for a head", () => writeFileSync(ada.path(".git/HEAD"), "?!")],
    ["has an index of ours that is nonsense", () => writeFileSync(ada.path(".git/guildnet/index"), "?!")],
    [
      "has objects that are empty",
      () => {
        for (const each of readdirSync(ada.path(".git/objects"), { recursive: true, withFileTypes: true }))
          if (each.isFile()) {
            chmodSync(join(each.parentPath, each.name), 0o644);
            truncateSync(join(each.parentPath, each.name));
          }
      },
    ],
  ])("%s: it goes on from where it was", async (_name, harm) => {
    harm();
    ada.write("a.md", "a\nby ada\n");
    bob.write("b/c.md", "c\nby bob\n");
    bob.write("d.md", "d\n");
    await bob.copy.round();
    for (let rounds = 0; rounds < 4; rounds++) await ada.copy.round();
    await both();
    expect(ada.notes()).toEqual({ "a.md": "a\nby ada\n", "b/c.md": "c\nby bob\n", "d.md": "d\n" });
    expect(bob.notes()).toEqual(ada.notes());
    expect(ada.git("status", "--porcelain")).toBe("");
  });

  test("had files before: they are taken, beside what the server has", async () => {
    const eve = machine.copy("eve");
    eve.write("mine.md", "mine\n");
    expect(await eve.copy.round()).toEqual(synced);
    expect(eve.notes()).toEqual({ "a.md": "a\n", "b/c.md": "c\n", "mine.md": "mine\n" });
  });

  test("loses most of its notes, as when it is being deleted: they go for everybody once it stays so", async () => {
    const eve = machine.copy("eve", { patienceMs: 50 });
    for (let number = 0; number < 30; number++) ada.write(`n${number}.md`, `${number}\n`);
    await ada.copy.round();
    await eve.copy.round();
    for (const name of Object.keys(eve.notes())) eve.remove(name);
    expect(await eve.copy.round()).toMatchObject({ kind: "waiting" });
    expect(Object.keys(await machine.notes())).toHaveLength(32);
    await expect.poll(() => eve.copy.round()).toEqual(synced);
    expect(await machine.notes()).toEqual({});
  });
});

describe("what is not taken", { timeout: 120_000 }, () => {
  test("is told: large files, links, repositories", async () => {
    ada = machine.copy("ada", { largest: 1024 * 1024 });
    ada.write("large.bin", new Uint8Array(1024 * 1024 + 1));
    mkdirSync(ada.path("other"));
    symlinkSync("/etc/passwd", ada.path("link.md"));
    ada.write("a.md", "a");
    await ada.copy.round();
    ada.git("init", "-q", "other");
    ada.write("other/x.md", "x");
    const outcome = await ada.copy.round();
    expect(outcome.kind === "synced" && outcome.left.toSorted()).toEqual([
      "large.bin is larger than 1 MiB",
      "link.md is a link",
      "other/ is a git repository of its own",
    ]);
    expect(await machine.notes()).toEqual({ "a.md": "a" });
  });

  test("makes way for what others have under its name, and stays beside it", async () => {
    ada = machine.copy("ada", { largest: 10 });
    await ada.copy.round();
    ada.write("a.bin", "a large one of mine");
    ada.write("b", "a large one where others have a folder");
    bob.write("a.bin", "theirs");
    bob.write("b/c.md", "c");
    expect(await bob.copy.round()).toEqual(synced);
    expect(await ada.copy.round()).toMatchObject({ kind: "synced" });
    expect(ada.notes()).toMatchObject({ "a.bin": "theirs", "b/c.md": "c" });
    expect(Object.values(ada.notes())).toEqual(
      expect.arrayContaining(["a large one of mine", "a large one where others have a folder"]),
    );
  });

  test("a link that somebody pushed becomes a file, and leads nowhere", async () => {
    await ada.copy.round();
    symlinkSync("/etc/passwd", ada.path("link.md"));
    ada.git("config", "core.symlinks", "true");
    ada.git("add", "link.md");
    ada.git("commit", "-qm", "A way out");
    await both();
    expect(bob.read("link.md")).toBe("/etc/passwd");
  });
});

describe("the server", { timeout: 120_000 }, () => {
  test("is away: what is written is committed, and goes there when it is back", async () => {
    ada.write("a.md", "a\n");
    await both();
    await machine.stopServer();
    ada.write("a.md", "offline\n");
    bob.write("b.md", "b\n");
    for (const person of [ada, bob]) expect(await person.copy.round()).toMatchObject({ kind: "offline" });
    expect(ada.git("status", "--porcelain")).toBe("");
    await machine.startServer();
    await both();
    expect(bob.notes()).toEqual({ "a.md": "offline\n", "b.md": "b\n" });
  });

  test("was restored to what it had before: it gets the rest again", async () => {
    ada.write("a.md", "a\n");
    await both();
    const { cpSync } = await import("node:fs");
    cpSync(machine.vault, `${machine.vault}.before`, { recursive: true });
    ada.write("b.md", "b\n");
    await both();
    rmSync(machine.vault, { recursive: true });
    renameSync(`${machine.vault}.before`, machine.vault);
    bob.write("c.md", "c\n");
    await bob.copy.round();
    await both();
    expect(await machine.notes()).toEqual({ "a.md": "a\n", "b.md": "b\n", "c.md": "c\n" });
    expect(existsSync(ada.path("c.md"))).toBe(true);
  });
});
