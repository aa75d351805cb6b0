import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { Machine, type Person } from "./testing/machine.ts";

/** Rounds in processes of their own, each killed at one of its calls of git. */
class Killer {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async in(folder: string): Promise<Killer> {
    mkdirSync(folder);
    copyFileSync(join(import.meta.dirname, "testing/killing-git.sh"), join(folder, "git"));
    chmodSync(join(folder, "git"), 0o755);
    await build({
      entryPoints: [join(import.meta.dirname, "testing/round.ts")],
      outfile: join(folder, "round.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    return new Killer(folder);
  }

  /**
   * @param moment before or after which of its calls it is killed, such as "after update-ref 2"
   * @returns its calls; of one that was not killed all
   */
  async round({ folder, stateFolder }: Person, remote: string, moment = "never"): Promise<string[]> {
    const steps = join(this.#folder, "steps");
    writeFileSync(steps, "");
    writeFileSync(join(this.#folder, "moment"), `${moment}\n`);
    const env = { ...process.env, PATH: `${this.#folder}:${process.env["PATH"]}` };
    const child = spawn(process.execPath, [join(this.#folder, "round.mjs"), folder, stateFolder, remote], {
      stdio: ["ignore", "ignore", "inherit"],
      env,
    });
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    expect([moment, code, signal]).toEqual([moment, ...(moment === "never" ? [0, null] : [null, "SIGKILL"])]);
    return readFileSync(steps, "utf8").trim().split("\n");
  }
}

/** Those that change nothing: to be killed after one is to be killed before the next. */
const READING = ["rev-parse", "merge-base", "ls-files", "cat-file", "config", "merge-file"];

/** As one round made them. */
function momentsOf(calls: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return calls.flatMap((call) => {
    const count = (counts.get(call) ?? 0) + 1;
    counts.set(call, count);
    return [`before ${call} ${count}`, ...(READING.includes(call) ? [] : [`after ${call} ${count}`])];
  });
}

/** What somebody else pushed. */
function pushed({ vault }: Machine, files: Readonly<Record<string, string>>): void {
  const lines = Object.entries(files).map(
    ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const input = `commit refs/heads/main\ncommitter bob <bob@example.org> now\ndata 3\nbob\nfrom refs/heads/main^0\n${lines.join("")}\n`;
  execFileSync("git", ["--git-dir", vault, "fast-import", "--quiet", "--date-format=now"], { input });
}

test("a process that is killed before or after any step loses nothing, and the next one goes on", async () => {
  const machine = await Machine.make();
  const [ada, bob] = [machine.copy("ada"), machine.copy("bob")];
  const killer = await Killer.in(join(machine.root, "killer"));
  ada.write("a.md", "a\n");
  await ada.copy.round();
  const [names, lines] = [["a.md"], ["", "a"]];
  /** Both write, also into the same note. */
  const write = (): void => {
    const number = names.length;
    ada.write(`n${number}.md`, `n ${number}\n`);
    ada.write("a.md", `${ada.read("a.md")}ada ${number}.\n`);
    const theirs = execFileSync("git", ["--git-dir", machine.vault, "cat-file", "blob", "main:a.md"]);
    pushed(machine, { [`m${number}.md`]: `m ${number}\n`, "a.md": `${theirs.toString()}bob ${number}.\n` });
    names.push(`m${number}.md`, `n${number}.md`);
    lines.push(`ada ${number}.`, `bob ${number}.`);
  };
  write();
  const moments = momentsOf(await killer.round(ada, machine.remote));
  const steps = ["read-tree", "update-index", "write-tree", "commit-tree", "update-ref", "fetch", "merge-tree", "push"];
  expect(moments).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step} 1`, `after ${step} 1`])));
  for (const moment of moments) {
    write();
    await killer.round(ada, machine.remote, moment);
    if (!moment.startsWith("after update-ref")) continue;
    // The branch is elsewhere by now: what the person's own git takes for staged has to follow.
    expect(await ada.copy.round(false)).toMatchObject({ kind: "synced" });
    expect([moment, ada.git("diff", "--cached", "--name-only")]).toEqual([moment, ""]);
  }
  for (const person of [ada, bob]) expect(await person.copy.round()).toEqual({ kind: "synced", left: [] });
  expect(bob.notes()).toEqual(ada.notes());
  expect(Object.keys(ada.notes()).toSorted()).toEqual(names.toSorted());
  expect([...new Set(ada.read("a.md").split("\n"))].toSorted()).toEqual(lines.toSorted());
  expect(ada.git("status", "--porcelain")).toBe("");
});
