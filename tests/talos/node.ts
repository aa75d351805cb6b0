import { execa } from "execa";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { bundle, VOLUMES, volumeFolder } from "./bundle.ts";
import { removeCgroups } from "./cgroups.ts";
import { addressOf, Network } from "./network.ts";

/** What a program's end means that called reboot(2) in its PID namespace: the kernel hangs up on it. */
const REBOOTED = 129;
/** Talos unmounts all that it has, again and again; from here on its power is cut. */
const GRACE_MS = 90_000;

export interface NodeOptions {
  readonly name: string;
  /** Last of its address, 2 and up. */
  readonly number: number;
  readonly network: Network;
  /** All that it has, and nothing else. */
  readonly folder: string;
  /** Where runc keeps what it knows of containers. */
  readonly runc: string;
  readonly cgroup: string;
  readonly rootfs: string;
}

/** A machine with Talos: the real machined in container mode, which boots again after a reboot, with what it had on its disks. */
export class Node {
  readonly name: string;
  readonly address: string;
  readonly #options: NodeOptions;
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = addressOf(options.number);
  }

  /** @param config as a cloud would hand it over. @default none: it uses what it has, or waits for one */
  async start(config?: string): Promise<void> {
    this.#isWanted = true;
    await this.#boot(config);
  }

  /** Shuts Talos down in order. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    const running = this.#running;
    if (running === undefined) return;
    await this.#runc("kill", this.#id, "TERM");
    const done = new AbortController();
    const isOver = await Promise.race([
      running.then(() => true),
      pause(GRACE_MS, false, { signal: done.signal }).catch(() => true),
    ]);
    done.abort();
    if (!isOver) await this.kill();
  }

  /** Waits until it has shut itself down. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** As if its plug was pulled. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    const running = this.#running;
    await this.#runc("delete", "--force", this.#id);
    await running;
  }

  /** Empties the disks of a machine that is off: it is new then. */
  wipe(): void {
    for (const path of VOLUMES) rmSync(volumeFolder(this.#options.folder, path), { recursive: true, force: true });
  }

  /** Takes the machine away, with all that it had. */
  async remove(): Promise<void> {
    await this.kill();
    await this.#options.network.leave(this.#options.number);
    rmSync(this.#options.folder, { recursive: true, force: true });
    removeCgroups(this.#options.cgroup);
  }

  /** What it wrote to its console, in all of its starts. */
  console(): string {
    return existsSync(this.#console) ? readFileSync(this.#console, "utf8") : "";
  }

  get #id(): string {
    return this.#options.cgroup;
  }

  get #console(): string {
    return join(this.#options.folder, "console");
  }

  async #boot(config?: string): Promise<void> {
    const { network, number, folder, cgroup, rootfs, name } = this.#options;
    await network.leave(number);
    const namespace = await network.join(number);
    this.#furnish();
    const spec = bundle({ name, rootfs, folder, network: Network.pathOf(namespace), cgroup, config });
    writeFileSync(join(folder, "config.json"), JSON.stringify(spec, null, 2));
    const log = openSync(this.#console, "a");
    const runc = spawn("runc", [...this.#root, "run", "--bundle", folder, this.#id], { stdio: ["ignore", log, log] });
    closeSync(log);
    const running: Promise<void> = once(runc, "exit").then(([exitCode]) =>
      this.#ended(running, exitCode as number | null),
    );
    this.#running = running;
  }

  /** Docker copies what an image has at a volume's place into a new one, and so does this. */
  #furnish(): void {
    const { folder, rootfs, name, number } = this.#options;
    mkdirSync(folder, { recursive: true });
    for (const path of VOLUMES) {
      const volume = volumeFolder(folder, path);
      if (existsSync(volume)) continue;
      const inImage = join(rootfs, path);
      if (existsSync(inImage)) cpSync(inImage, volume, { recursive: true, verbatimSymlinks: true });
      else mkdirSync(volume, { recursive: true });
    }
    writeFileSync(join(volumeFolder(folder, "/etc/cni"), "net.d", "10-guildnet.conflist"), Network.cni(number));
    writeFileSync(join(folder, "hostname"), `${name}\n`);
    writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost\n${this.address} ${name}\n`);
    // Nobody answers there: nodes find each other by address.
    writeFileSync(join(folder, "resolv.conf"), "nameserver 10.5.0.1\n");
    copyFileSync(join(import.meta.dirname, "entry.sh"), join(folder, "entry.sh"));
  }

  async #ended(which: Promise<void>, exitCode: number | null): Promise<void> {
    if (this.#running === which) this.#running = undefined;
    await this.#runc("delete", "--force", this.#id);
    if (this.#isWanted && this.#running === undefined && exitCode === REBOOTED) await this.#boot();
  }

  get #root(): string[] {
    return ["--root", this.#options.runc];
  }

  async #runc(...args: string[]): Promise<void> {
    await execa("runc", [...this.#root, ...args], { reject: false });
  }
}
