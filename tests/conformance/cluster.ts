import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Home } from "../../toolchain/home.ts";
import type { Log } from "../../toolchain/log.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import { runLogged } from "../../toolchain/run-logged.ts";

const PROJECT = { name: "guildnet-conformance", folder: "tests/conformance/cluster", stack: "conformance" } as const;

/** The cluster that the tests run on: a stack of their own. */
export class Cluster {
  readonly #home: Home;
  readonly #apiPort: number;
  readonly #log: Log;

  constructor(home: Home, apiPort: number, log: Log) {
    this.#home = home;
    this.#apiPort = apiPort;
    this.#log = log;
  }

  get kubeconfig(): string {
    return join(this.#home.root, "clusters", `${PROJECT.name}-${PROJECT.stack}-suite`, "kubeconfig");
  }

  /** Makes it, or finds it as an earlier run left it. */
  async up(): Promise<void> {
    mkdirSync(this.#stackFiles, { recursive: true });
    writeFileSync(
      join(this.#stackFiles, `Pulumi.${PROJECT.stack}.yaml`),
      stringify({ config: { [`${PROJECT.name}:apiPort`]: this.#apiPort } }),
    );
    await this.#run("pulumi", "-C", PROJECT.folder, "--stack", PROJECT.stack, "up", "--yes", "--skip-preview");
  }

  async remove(): Promise<void> {
    await this.#run("destroy", "--data", "--yes", "--stack", PROJECT.stack, "--cwd", PROJECT.folder);
    rmSync(this.#stackFiles, { recursive: true, force: true });
  }

  async #run(verb: string, ...args: string[]): Promise<void> {
    await runLogged(process.execPath, [TOOLCHAIN_CLI, verb, ...args], {
      cwd: PROJECT_ROOT,
      env: { GUILDNET_STACK_FILES: this.#stackFiles },
      log: this.#log,
    });
  }

  /** Beside what is kept of the runs, so that the checkout stays clean. */
  get #stackFiles(): string {
    return join(this.#home.root, "conformance", "stacks");
  }
}
