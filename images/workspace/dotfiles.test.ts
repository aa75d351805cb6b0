import { existsSync, lstatSync, readlinkSync, rmSync, statSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Machine } from "./testing/machine.ts";

const doneMark = ".local/state/guildnet/dotfiles.done",
  log = ".local/state/guildnet/dotfiles.log";

let machine: Machine;
beforeEach(() => void (machine = new Machine()));
afterEach(() => machine.remove());

test("are linked where the home has none, and one by one inside the folders that programs share", async () => {
  await machine.start();
  await bring({
    ".vimrc": "",
    ".vim/colors/a": "",
    ".local/bin/tool": "",
    ".local/share/code-server/User/keybindings.json": "[]",
    ".config/nvim/init.lua": "",
    README: "",
  });
  expect(machine.linked()).toEqual([
    ".config/nvim",
    ".local/bin",
    ".local/share/code-server/User/keybindings.json",
    ".vim",
    ".vimrc",
  ]);
  for (const folder of [".local", ".local/share/code-server", ".config"])
    expect(lstatSync(machine.home(folder)).isDirectory(), folder).toBe(true);
  expect(existsSync(machine.home(doneMark))).toBe(true);
  expect(await machine.start()).toMatchObject({ said: "", data: machine.home(".local/share/code-server") });
});

test("take nothing away: files keep a copy, links and folders stay", async () => {
  machine.write(".zshrc", "mine");
  machine.write(".zshrc.before-dotfiles", "older");
  machine.link(".bashrc", "elsewhere");
  machine.folder(".profile");
  await bring({ ".zshrc": "theirs", ".bashrc": "theirs", ".profile": "theirs" });
  expect([".zshrc", ".zshrc.before-dotfiles", ".zshrc.before-dotfiles.~1~"].map((file) => machine.read(file))).toEqual([
    "theirs",
    "mine",
    "older",
  ]);
  expect(readlinkSync(machine.home(".bashrc"))).toBe("elsewhere");
  expect(statSync(machine.home(".profile")).isDirectory()).toBe(true);
  expect(machine.read(log)).toMatch(/left \.bashrc alone[^]*left \.profile alone/);
});

test("come once, and coming again change nothing", async () => {
  const url = await bring({ ".vimrc": "v", ".local/bin/tool": "t" });
  rmSync(machine.home(".vimrc"));
  await run(url);
  expect(machine.linked()).toEqual([".local/bin"]);
  rmSync(machine.home(doneMark));
  await run(url);
  expect(machine.linked()).toEqual([".local/bin", ".vimrc"]);
  expect(machine.read(".local/bin/tool")).toBe("t");
});

test("whose whole .local was linked once are left as they are", async () => {
  const url = await bring({ ".local/bin/tool": "t" });
  rmSync(machine.home(".local"), { recursive: true });
  symlinkSync(machine.home(".dotfiles/.local"), machine.home(".local"));
  await run(url);
  expect(machine.read(".local/bin/tool")).toBe("t");
  expect(await machine.start()).toMatchObject({ said: "" });
});

test("whose script puts another folder in place of .local are remembered all the same", async () => {
  await bring({ "install.sh": 'mv "$HOME/.local" "$HOME/.local.old"\n' });
  expect(machine.read(doneMark)).toBe("install.sh 0\n");
});

test("that are taken away again leave a workspace that starts", async () => {
  await bring({ ".zshrc": "z" });
  rmSync(machine.home(".dotfiles"), { recursive: true });
  expect((await machine.start()).said).toMatch(/~\/\.zshrc was left alone/);
});

/** Brings these dotfiles in. @returns the repository's URL */
async function bring(files: Record<string, string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) machine.write(`repository/${path}`, content);
  const url = `file://${machine.home("repository")}`;
  const as = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  for (const args of [
    ["init", "--quiet"],
    ["add", "--all"],
    [...as, "commit", "--quiet", "--message", "dotfiles"],
  ]) {
    expect(await machine.program("git", ["-C", machine.home("repository"), ...args])).toMatchObject({ exitCode: 0 });
  }
  await run(url);
  return url;
}

async function run(url: string): Promise<void> {
  const { exitCode, stderr } = await machine.script("dotfiles", url);
  expect(exitCode, `${stderr}${existsSync(machine.home(log)) ? machine.read(log) : ""}`).toBe(0);
}
