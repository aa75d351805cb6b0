import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { ensureBareRepository, gitHttp, headOf } from "../../../pod/git-http.ts";
import { Copy, type CopyOptions } from "../copy.ts";

/** A server with one vault, and people's copies of it; gone with the test. */
export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "guildnet-notes-sync-"));
  readonly vault = join(this.root, "server", "guild.git");
  readonly pushes: string[] = [];
  #server: Server | undefined;
  #port = 0;

  static async make(): Promise<Machine> {
    const machine = new Machine();
    // Nobody's own settings of git.
    vi.stubEnv("HOME", machine.root);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await machine.stopServer();
      rmSync(machine.root, { recursive: true, force: true });
    });
    ensureBareRepository(machine.vault);
    await machine.startServer();
    return machine;
  }

  async startServer(): Promise<void> {
    const serve = gitHttp({
      admit: (_request, name) =>
        Promise.resolve(name === "guild" ? { name, folder: this.vault, person: "ada" } : undefined),
      onPush: ({ person }) => void this.pushes.push(person),
    });
    const server = createServer((request, response) => {
      void serve(request, response).then((isGit) => isGit || response.writeHead(404).end());
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  get remote(): string {
    return `http://127.0.0.1:${this.#port}/git/guild.git`;
  }

  copy(name: string, options: Partial<CopyOptions> = {}): Person {
    return new Person(this, name, options);
  }

  /** What the server has, by path. */
  async notes(): Promise<Record<string, string>> {
    if ((await headOf(this.vault)) === undefined) return {};
    const git = (...args: string[]): string =>
      execFileSync("git", ["--git-dir", this.vault, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
    const paths = git("ls-tree", "-r", "-z", "--name-only", "main").split("\0").filter(Boolean);
    return Object.fromEntries(paths.map((path) => [path, git("cat-file", "blob", `main:${path}`)]));
  }
}

/** A person's folder. */
export class Person {
  readonly folder: string;
  readonly stateFolder: string;
  readonly copy: Copy;

  constructor(machine: Machine, name: string, options: Partial<CopyOptions>) {
    this.folder = join(machine.root, name, "notes", "guild");
    this.stateFolder = join(machine.root, name, "state");
    this.copy = new Copy({
      folder: this.folder,
      stateFolder: this.stateFolder,
      remote: machine.remote,
      author: { name, email: `${name}@guildnet.local` },
      patienceMs: 0,
      ...options,
    });
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  write(path: string, text: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  notes(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const entry of readdirSync(this.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(this.folder.length + 1);
      if (entry.isFile() && !path.startsWith(".git/")) found[path] = this.read(path);
    }
    return found;
  }

  /** As the person uses it. */
  git(...args: string[]): string {
    const identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org", "-c", "core.editor=true"];
    return execFileSync("git", [...identity, ...args], { cwd: this.folder, encoding: "utf8", stdio: "pipe" });
  }
}
