import { execa } from "execa";
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Root passes every permission, and a workspace never runs as root. */
const user = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};

/** Only says what it was started with. */
const editor = ["#!/bin/sh", 'printf "%s\\n" "$@" >"$TMPDIR/editor"', ""];

interface Ended {
  exitCode?: number;
  stdout: string;
  stderr: string;
}

/** The image's own files in a folder of their own, beside a home: what its scripts see, without a container. */
export class Machine {
  private readonly root = mkdtempSync(join(tmpdir(), "workspace-"));

  constructor() {
    chmodSync(this.root, 0o755);
    cpSync(new URL("../rootfs", import.meta.url), this.root, { recursive: true });
    for (const folder of ["home/guild", "tmp", "bin", "etc/guildnet/ide"])
      mkdirSync(join(this.root, folder), { recursive: true });
    writeFileSync(join(this.root, "etc/guildnet/ide/config.yaml"), "{}\n");
    this.editor(editor);
    for (const folder of [this.home(), this.temporary()]) own(folder);
  }

  /** Puts another editor in its place. */
  editor(lines: readonly string[]): void {
    writeFileSync(this.file("bin/code-server"), lines.join("\n"), { mode: 0o755 });
  }

  home(...path: string[]): string {
    return this.file("home/guild", ...path);
  }

  temporary(...path: string[]): string {
    return this.file("tmp", ...path);
  }

  file(...path: string[]): string {
    return join(this.root, ...path);
  }

  /** A file of the person's. */
  write(path: string, content: string): void {
    if (dirname(path) !== ".") this.folder(dirname(path));
    writeFileSync(this.home(path), content);
    own(this.home(path));
  }

  folder(path: string): void {
    const first = mkdirSync(this.home(path), { recursive: true });
    for (let made = this.home(path); first !== undefined && made.length >= first.length; made = dirname(made))
      own(made);
  }

  link(path: string, to: string): void {
    if (dirname(path) !== ".") this.folder(dirname(path));
    symlinkSync(to, this.home(path));
  }

  read(path: string): string {
    return readFileSync(this.home(path), "utf8");
  }

  /** Runs one of the image's scripts as the workspace's user, with the variables of its pod. */
  script(name: string, ...args: string[]): Promise<Ended> {
    return this.program(this.file("usr/lib/guildnet", name), args);
  }

  program(command: string, args: string[], variables: Record<string, string> = {}): Promise<Ended> {
    const env = {
      HOME: this.home(),
      TMPDIR: this.temporary(),
      PATH: `${this.file("bin")}:/usr/local/bin:/usr/bin:/bin`,
      LC_ALL: "C.UTF-8",
      GIT_CONFIG_GLOBAL: "/dev/null",
      ...variables,
    };
    return execa(command, args, { ...user, cwd: this.root, env, extendEnv: false, reject: false });
  }

  /** Starts the workspace: what its editor opens, where that keeps its data, and what was said on the way. */
  async start(): Promise<{ opened: string; data: string; said: string }> {
    const { exitCode, stderr } = await this.script("workspace");
    if (exitCode !== 0) throw new Error(`the workspace ended with ${exitCode}: ${stderr}`);
    const told = readFileSync(this.temporary("editor"), "utf8").trim().split("\n");
    return { opened: told.at(-1) ?? "", data: told[told.indexOf("--user-data-dir") + 1] ?? "", said: stderr };
  }

  /** What in the home is a link into the dotfiles. */
  linked(path = ""): string[] {
    const stat = lstatSync(this.home(path));
    if (stat.isSymbolicLink()) return readlinkSync(this.home(path)).startsWith(this.home(".dotfiles/")) ? [path] : [];
    if (!stat.isDirectory() || path === ".dotfiles") return [];
    return readdirSync(this.home(path))
      .flatMap((name) => this.linked(join(path, name)))
      .sort();
  }

  notices(): string {
    return existsSync(this.temporary("guildnet-notices"))
      ? readFileSync(this.temporary("guildnet-notices"), "utf8").trim()
      : "";
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function own(path: string): void {
  if (user.uid !== undefined) lchownSync(path, user.uid, user.gid);
}
