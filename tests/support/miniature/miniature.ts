import { execa } from "execa";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vi } from "vitest";
import { files } from "../../../provider/node/files.ts";
import { services } from "../../../provider/node/services.ts";
import { specWith } from "../../../provider/testing/node-spec.ts";

const scripts = join(import.meta.dirname, "..", "..", "..", "provider", "node", "scripts");
/** Where the node listens as if it were the API server, seen from the machine. */
export const API = { host: "127.0.0.1", port: specWith().apiPort };
/** The one address of the machine that is not loopback. */
export const PUBLIC = "192.0.2.1";
/** The other machine. */
export const BEYOND = "192.0.2.254";

/**
 * The network half of a node without the rest of it, on a machine of its own: in namespaces, which
 * takes a second. All of it is gone with `end`.
 */
export class Miniature {
  readonly #folder = mkdtempSync(join(tmpdir(), "guildnet-miniature-"));
  readonly #machine;

  private constructor(nameservers: readonly string[]) {
    const spec = specWith();
    for (const name of ["etc", "run", "machine"]) mkdirSync(join(this.#folder, name));
    for (const [path, text] of Object.entries(files(spec, { cgroup: "/none" }))) this.#write(join("etc", path), text);
    for (const [name, { command }] of Object.entries(services(spec)))
      this.#write(join("etc", `${name}.command`), `${command.join("\n")}\n`);
    for (const name of ["network", "machine-addresses", "resolver.mjs"]) {
      copyFileSync(join(scripts, name), join(this.#folder, "run", name));
      chmodSync(join(this.#folder, "run", name), 0o755);
    }
    this.resolve(nameservers);
    this.#machine = execa(
      "unshare",
      ["--mount", "--pid", "--net", "--fork", "--kill-child", join(import.meta.dirname, "start"), this.#folder],
      { reject: false, all: true, stdin: "ignore" },
    );
  }

  /** @param nameservers whom the machine asks */
  static async start(nameservers: readonly string[] = []): Promise<Miniature> {
    const miniature = new Miniature(nameservers);
    const ended = miniature.#machine.then(({ all }) => {
      throw new Error(`the miniature ended:\n${all}`);
    });
    await Promise.race([ended, vi.waitFor(() => miniature.#pid(), { timeout: 20_000, interval: 20 })]);
    ended.catch(() => {}); // later it is ended
    await vi.waitFor(
      async () => {
        const { stdout } = await miniature.inNode("ip", "-brief", "link", "show", "uplink");
        if (!stdout.includes("LOWER_UP")) throw new Error(`there is no uplink: ${miniature.#logs()}`);
        if (!(await miniature.onMachine("ss", "-Hltn")).stdout.includes(`:${API.port}`))
          throw new Error(`nothing is published: ${miniature.#logs()}`);
      },
      { timeout: 20_000, interval: 50 },
    );
    return miniature;
  }

  /** Whom the machine asks from now on. */
  resolve(nameservers: readonly string[]): void {
    this.#write("machine/resolv.conf", nameservers.map((server) => `nameserver ${server}\n`).join(""));
  }

  /** Runs a command in the machine's network. Never throws. */
  onMachine(...command: string[]) {
    return execa("nsenter", ["--target", this.#pid(), "--mount", "--net", "--", ...command], { reject: false });
  }

  /** The same in the node's. */
  inNode(...command: string[]) {
    return this.onMachine("nsenter", "--net=/run/node.netns", "--", ...command);
  }

  /** The same on the other machine, at `BEYOND`. */
  beyond(...command: string[]) {
    return this.onMachine("nsenter", "--net=/run/netns/far", "--", ...command);
  }

  async end(): Promise<void> {
    this.#machine.kill("SIGKILL");
    await this.#machine;
    rmSync(this.#folder, { recursive: true });
  }

  /** Its first process, as the test numbers it. */
  #pid(): string {
    const path = join(this.#folder, "run", "pid");
    if (!existsSync(path)) throw new Error("the miniature did not start");
    return readFileSync(path, "utf8").trim();
  }

  #logs(): string {
    return ["uplink", "machine-addresses", "resolver", "publish"]
      .map((name) => join(this.#folder, `${name}.log`))
      .filter((path) => existsSync(path))
      .map((path) => `${path}\n${readFileSync(path, "utf8")}`)
      .join("\n");
  }

  #write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
    writeFileSync(join(this.#folder, path), text);
  }
}
