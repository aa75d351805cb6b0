import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Machine } from "./testing/machine.ts";

const data = ".local/share/code-server";
const settings = `${data}/User/settings.json`;

let machine: Machine;
beforeEach(() => void (machine = new Machine()));
afterEach(() => machine.remove());

test("a new home gets settings, shells' files and a folder for projects", async () => {
  expect(await machine.start()).toEqual({ opened: machine.home("project"), data: machine.home(data), said: "" });
  expect(machine.read(settings)).toBe(readFileSync(machine.file("usr/share/guildnet/home", settings), "utf8"));
  for (const file of [".bashrc", ".zshrc"]) expect(existsSync(machine.home(file)), file).toBe(true);
});

test("what is there stays, links to elsewhere too, and nobody says so", async () => {
  machine.write(".zshrc", "mine");
  machine.folder("work");
  machine.link("project", "work");
  machine.write("kept/settings.json", "{}");
  machine.link(`${data}/User`, machine.home("kept"));
  expect(await machine.start()).toMatchObject({ opened: machine.home("project"), said: "" });
  expect([machine.read(".zshrc"), machine.read("kept/settings.json")]).toEqual(["mine", "{}"]);
  expect(lstatSync(machine.home("project")).isSymbolicLink()).toBe(true);
});

test.each<[string, (machine: Machine) => void, RegExp]>([
  [
    "a link that leads nowhere for a file",
    (m) => m.link(".zshrc", "gone"),
    /^~\/\.zshrc was left alone: it is a link, and leads to no file\.$/,
  ],
  [
    "a link that leads nowhere for the projects",
    (m) => m.link("project", "/mnt/gone"),
    /^~\/project was left alone: it is a link, and leads to no folder\.$/,
  ],
  ["a file for the projects", (m) => m.write("project", ""), /^~\/project was left alone: it is no folder\.$/],
  ["a folder for a file", (m) => m.folder(".bashrc"), /^$/],
  [
    "a link that leads nowhere for .local",
    (m) => m.link(".local", "gone"),
    /~\/\.local was left alone.*settings and extensions in/s,
  ],
  [
    "a file for the editor's folder",
    (m) => m.write(data, ""),
    /code-server was left alone: it is no folder.*settings and extensions in/s,
  ],
  [
    "settings behind a folder that nobody may enter",
    (m) => {
      m.folder(`${data}/User`);
      chmodSync(m.home(data, "User"), 0);
    },
    /settings\.json was left alone: Permission denied/,
  ],
  [
    "an editor's folder that nobody may write",
    (m) => {
      m.folder(data);
      chmodSync(m.home(data), 0o500);
    },
    /settings and extensions in/,
  ],
])("it starts, and says what it left alone: %s", async (_name, prepare, says) => {
  prepare(machine);
  const started = await machine.start();
  expect(started.said).toMatch(says);
  for (const folder of [started.opened, started.data]) expect(statSync(folder).isDirectory(), folder).toBe(true);
  // Wherever the editor's data is, its settings are.
  if (started.data !== machine.home(data)) expect(existsSync(join(started.data, "User/settings.json"))).toBe(true);
  expect(machine.notices()).toBe(started.said);
});

test.runIf(process.getuid?.() === 0)("it starts in a home that is somebody else's", async () => {
  chownSync(machine.home(), 0, 0);
  chmodSync(machine.home(), 0o755);
  const { opened, data: kept, said } = await machine.start();
  expect([opened, kept]).toEqual([machine.home(), machine.temporary("code-server")]);
  expect(said).toMatch(/~\/ was left alone: Operation not permitted/);
});

test("it opens a home again that its person has shut", async () => {
  chmodSync(machine.home(), 0);
  expect(await machine.start()).toMatchObject({ opened: machine.home("project"), said: "" });
});

test("what was said at one start is not said at the next, once it is mended", async () => {
  machine.link(".zshrc", "gone");
  await machine.start();
  rmSync(machine.home(".zshrc"));
  expect(await machine.start()).toMatchObject({ said: "" });
  expect(machine.notices()).toBe("");
});

test("terminals say it too, in shells of both kinds", async () => {
  machine.link(".zshrc", "gone");
  const { said } = await machine.start();
  const { stdout } = await machine.program("sh", ["-eu", machine.file("usr/share/guildnet/notices")]);
  expect(stdout).toBe(said);
});

test("told to end, it ends its editor and says so, for Kubernetes to remember why it told it to", async () => {
  machine.editor([
    "#!/bin/sh",
    "trap 'echo ended; exit 0' TERM",
    "kill -TERM $PPID",
    "while :; do sleep 0.05; done",
    "",
  ]);
  expect(await machine.script("workspace")).toMatchObject({ exitCode: 143, stdout: "ended" });
});

test("it ends as its editor ends by itself", async () => {
  machine.editor(["#!/bin/sh", "exit 7", ""]);
  expect(await machine.script("workspace")).toMatchObject({ exitCode: 7 });
});

test("terminals can be interrupted, and find other ports by the address of the editor", async () => {
  machine.editor(["#!/bin/sh", "grep SigIgn /proc/self/status", "echo $VSCODE_PROXY_URI", ""]);
  const { stdout } = await machine.script("workspace");
  const [, ignored = "", proxy] = /SigIgn:\s*(\w+)\n(.*)/.exec(stdout) ?? [];
  const interrupt = 1n << 1n,
    quit = 1n << 2n;
  expect(BigInt(`0x${ignored}`) & (interrupt | quit)).toBe(0n);
  expect(proxy).toBe("https://{{port}}--{{host}}");
});

test("without its access secret it does not start", async () => {
  rmSync(machine.file("etc/guildnet/ide/config.yaml"));
  expect(await machine.script("workspace")).toMatchObject({
    exitCode: 78,
    stderr: expect.stringContaining("access secret"),
  });
});

test("login shells find what is installed in the home, once", async () => {
  const profile = machine.file("etc/profile.d/guildnet.sh");
  const path = async (PATH: string) =>
    (await machine.program("/bin/sh", ["-euc", `. ${profile}; . ${profile}; echo "$PATH"`], { PATH })).stdout;
  const own = machine.home(".local/bin");
  const systems = "/opt/guildnet/bin";
  expect(await path("/usr/bin:/bin")).toBe(`${own}:${systems}:/usr/bin:/bin`);
  expect(await path(`/usr/bin:${own}:${systems}`)).toBe(`/usr/bin:${own}:${systems}`);
});
