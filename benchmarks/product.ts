import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { PortalClient } from "../tests/support/portal-client.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../toolchain/project.ts";
import type { StackOutputs } from "../cli/stack-outputs.ts";
import type { CommandOptions, Commands } from "./commands.ts";

export const STACK = "bench";
export const PORTS = { portal: 28090, api: 28091, mesh: 28092 } as const;
/** The one person of the benchmarks' stack. */
export const PERSON = "ada";

export interface Workspace {
  readonly owner: string;
  readonly name?: string;
  readonly keepData?: boolean;
}

const onePerson: readonly Workspace[] = [{ owner: PERSON }];

/** The product as a user drives it, on a stack of the benchmarks' own. */
export class Product {
  readonly #home: string;
  readonly #commands: Commands;
  readonly #env: NodeJS.ProcessEnv;

  /** @param env what differs from this process's environment */
  constructor(home: string, commands: Commands, env: NodeJS.ProcessEnv = {}) {
    this.#home = home;
    this.#commands = commands;
    this.#env = { ...process.env, GUILDNET_HOME: home, GUILDNET_STACK_FILES: this.#files, ...env };
  }

  /** Every system of the stack that the checkout comes with. */
  get systems(): object {
    const { config } = parse(readFileSync(join(PROJECT_ROOT, "Pulumi.dev.yaml"), "utf8")) as {
      config: { "guildnet:guild": { mesh: object } };
    };
    const { mesh, ...others } = config["guildnet:guild"];
    return { ...others, mesh: { ...mesh, port: PORTS.mesh } };
  }

  /** Writes the stack's file. */
  configure(workspaces: readonly Workspace[] = onePerson, systems: object = {}): void {
    const guild = {
      ...systems,
      cluster: { kind: "embedded", apiPort: PORTS.api },
      portal: { port: PORTS.portal },
      workspaces,
    };
    mkdirSync(this.#files, { recursive: true });
    writeFileSync(join(this.#files, `Pulumi.${STACK}.yaml`), stringify({ config: { "guildnet:guild": guild } }));
  }

  /** Seconds of a verb, as `npm run <verb>` runs it, without npm's own start. */
  verb(
    name: string,
    args: readonly string[] = [],
    options: Pick<CommandOptions, "limitMs" | "expects"> = {},
  ): Promise<number> {
    return this.#commands.seconds(process.execPath, [TOOLCHAIN_CLI, name, "--stack", STACK, ...args], {
      cwd: PROJECT_ROOT,
      env: this.#env,
      ...options,
    });
  }

  /** A browser, as far as HTTP goes, that the person has signed in with. */
  async signIn(): Promise<PortalClient> {
    const { caCertificate, portalUrl } = JSON.parse(await this.#output("pulumi", "stack", "output", "--json")) as Pick<
      StackOutputs,
      "caCertificate" | "portalUrl"
    >;
    const client = new PortalClient(caCertificate, portalUrl);
    await client.use((await this.#output("link", PERSON)).trim());
    return client;
  }

  get clusterFolder(): string {
    return join(this.#home, "clusters", `guildnet-${STACK}-cluster`);
  }

  get kubeconfig(): string {
    return join(this.clusterFolder, "kubeconfig");
  }

  get apiServer(): string {
    return `https://127.0.0.1:${PORTS.api}`;
  }

  /** Removes the stack with its data, whatever state a run left it in. */
  async remove(): Promise<void> {
    this.configure();
    await this.verb("destroy", ["--data", "--yes"]);
    rmSync(this.#files, { recursive: true });
  }

  async #output(verb: string, ...args: string[]): Promise<string> {
    const { stdout } = await execa(process.execPath, [TOOLCHAIN_CLI, verb, "--stack", STACK, ...args], {
      cwd: PROJECT_ROOT,
      env: this.#env,
    });
    return stdout;
  }

  /** Beside the stacks' other files, so that the checkout stays clean. */
  get #files(): string {
    return join(this.#home, "bench-stacks");
  }
}
