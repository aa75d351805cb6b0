import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Outcome } from "./copy.ts";
import { Sync } from "./sync.ts";
import type { Person } from "./testing/machine.ts";
import { Machine } from "./testing/machine.ts";

/** A busy machine takes its time. */
const patient = { timeout: 60_000 };
const timeout = 240_000;

function keep(machine: Machine, person: Person, name: string): Outcome[] {
  const outcomes: Outcome[] = [];
  const { folder, stateFolder } = person;
  const sync = new Sync({
    folder,
    stateFolder,
    remote: machine.remote,
    author: { name, email: `${name}@guildnet.local` },
    quietMs: 20,
    // Never without a change or news: those are what is tried.
    lookMs: 3_600_000,
    onRound: (outcome) => void outcomes.push(outcome),
  });
  const running = sync.run();
  onTestFinished(async () => {
    sync.end();
    await running;
  });
  return outcomes;
}

test(
  "what one writes the other has by itself, in new folders and old, after the folder was another and the server away",
  { timeout },
  async () => {
    const machine = await Machine.make();
    const [ada, bob] = [machine.copy("ada"), machine.copy("bob")];
    const outcomes = keep(machine, ada, "ada");
    keep(machine, bob, "bob");
    ada.write("a.md", "a\n");
    await expect.poll(() => bob.read("a.md"), patient).toBe("a\n");
    bob.write("deep/er/b.md", "b\n");
    await expect.poll(() => ada.read("deep/er/b.md"), patient).toBe("b\n");
    bob.write("deep/er/b.md", "b\nmore\n");
    await expect.poll(() => ada.read("deep/er/b.md"), patient).toBe("b\nmore\n");

    renameSync(ada.folder, `${ada.folder}-before`);
    bob.write("c.md", "c\n");
    await expect.poll(() => ada.read("c.md"), patient).toBe("c\n");
    ada.write("deep/d.md", "d\n");
    await expect.poll(() => bob.read("deep/d.md"), patient).toBe("d\n");

    await machine.stopServer();
    ada.write("e.md", "e\n");
    await expect.poll(() => outcomes.at(-1), patient).toMatchObject({ kind: "offline" });
    await machine.startServer();
    await expect.poll(() => bob.read("e.md"), patient).toBe("e\n");
  },
);

test("the program goes on where a home has something else in the place of the notes", { timeout }, async () => {
  const machine = await Machine.make();
  const bob = machine.copy("bob");
  bob.write("a.md", "a\n");
  await bob.copy.round();
  const [home, notes] = [join(machine.root, "home"), join(machine.root, "home/notes")];
  mkdirSync(home);
  writeFileSync(notes, "a person's own\n");
  const env = { ...process.env, HOME: home, GUILDNET_OWNER: "ada", GUILDNET_NOTES: new URL(machine.remote).origin };
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), main], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => void (child.kill("SIGKILL"), await closed));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (words: string) => (said += words));
  await expect.poll(() => said, patient).toContain("guild: failed: ");
  expect(readFileSync(notes, "utf8")).toBe("a person's own\n");
  rmSync(notes);
  await expect.poll(() => existsSync(join(notes, "guild/a.md")), patient).toBe(true);
  expect(child.exitCode).toBe(null);
});

test("many notes at once keep nobody waiting who writes one after them", { timeout }, async () => {
  const machine = await Machine.make();
  const [ada, bob] = [machine.copy("ada"), machine.copy("bob")];
  keep(machine, ada, "ada");
  keep(machine, bob, "bob");
  for (let number = 0; number < 500; number++) ada.write(`many/${number}.md`, `${number}\n`);
  await expect.poll(() => bob.read("many/499.md"), patient).toBe("499\n");
  ada.write("one.md", "one\n");
  await expect.poll(() => bob.read("one.md"), patient).toBe("one\n");
});

test.runIf(process.getuid?.() === 0)(
  "a full disk loses nothing: it goes on once there is room",
  { timeout },
  async () => {
    const machine = await Machine.make();
    const [ada, bob] = [machine.copy("small/ada"), machine.copy("bob")];
    const small = join(machine.root, "small");
    execFileSync("mkdir", ["-p", small]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", small]);
    try {
      ada.write("a.md", "a\n");
      expect(await ada.copy.round()).toMatchObject({ kind: "synced" });
      const filler = join(small, "filler");
      try {
        for (const bytes of [100_000, 1_000, 1]) for (;;) writeFileSync(filler, "x".repeat(bytes), { flag: "a" });
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
      bob.write("b.md", "b\n".repeat(20_000));
      bob.write("a.md", "a\nbob\n");
      await bob.copy.round();
      await bob.copy.round();
      for (let tries = 0; tries < 4; tries++) expect((await ada.copy.round()).kind).not.toBe("synced");
      rmSync(filler);
      ada.write("c.md", "c\n");
      for (let tries = 0; tries < 3; tries++) await ada.copy.round();
      await bob.copy.round();
      expect(Object.keys(ada.notes())).toEqual(expect.arrayContaining(["a.md", "b.md", "c.md"]));
      expect(bob.notes()).toEqual(ada.notes());
      expect(ada.read("b.md")).toBe("b\n".repeat(20_000));
    } finally {
      execFileSync("umount", ["--lazy", small]);
    }
  },
);
