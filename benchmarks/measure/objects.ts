import { rmSync } from "node:fs";
import { join } from "node:path";
import { openEngine } from "../../cli/open-engine.ts";
import type { Engine } from "../../engine/engine.ts";
import { forgetState, stateFiles } from "../../engine/state-folder.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import type { Commands } from "../commands.ts";
import { ratio, type Figure } from "../figures.ts";
import type { Product } from "../product.ts";
import { renderedObjects, type ExportedState } from "./rendered-objects.ts";
import { repeat } from "./repeat.ts";

const PROJECT = join(PROJECT_ROOT, "benchmarks", "workspaces");
const STACK = "bench-workspaces";
const SELECTOR = "bench=workspaces";

/**
 * What `count` workspaces' objects cost through the engine, against kubectl with the very same objects, on the
 * same cluster, in turns. The Deployments have no replicas, so that it is objects that are measured and not pods.
 */
export async function objects(
  product: Product,
  commands: Commands,
  kubectl: string,
  count: number,
  runs: number,
): Promise<Figure[]> {
  const engine = await Workspaces.open(product, commands, count);
  const command = (args: readonly string[], input?: string): Promise<number> =>
    commands.seconds(kubectl, ["--kubeconfig", product.kubeconfig, ...args], {
      cwd: PROJECT_ROOT,
      env: process.env,
      input,
    });
  const clear = (): Promise<number> => command(["delete", "namespaces", "--selector", SELECTOR, "--timeout", "10m"]);
  const apply = ["apply", "--server-side", "--filename", "-"];

  let rendered: readonly object[] = [];
  const measured = await repeat(runs, async () => {
    const up = await engine.up();
    const upAgain = await engine.up("--expect-no-changes");
    rendered = await engine.rendered();
    await engine.forget();
    await clear();
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: rendered });
    const applied = await command(apply, list);
    const appliedAgain = await command(apply, list);
    await clear();
    return { up, upAgain, applied, appliedAgain };
  });

  const figure = (what: string, values: number[], includes: string): Figure => ({
    name: `${count} × objects: ${what}`,
    unit: "s",
    values,
    includes,
  });
  const up = figure(
    "up",
    measured.map((run) => run.up),
    `${count} workspaces, ${rendered.length} objects, into the cluster and the state, policy pack checked; no pods, waits for nothing`,
  );
  const applied = figure(
    "kubectl apply",
    measured.map((run) => run.applied),
    `the very same ${rendered.length} objects, --server-side; neither state nor policy`,
  );
  return [
    up,
    applied,
    { ...ratio(`${count} × objects: up ÷ kubectl`, up, applied, "the two lines above, run by run") },
    figure(
      "up, no change",
      measured.map((run) => run.upAgain),
      "the same program again",
    ),
    figure(
      "kubectl apply again",
      measured.map((run) => run.appliedAgain),
      "the same objects again",
    ),
  ];
}

/** Leaves nothing of the stack of workspaces in our state, whatever became of its objects. */
export async function forgetWorkspaces(commands: Commands): Promise<void> {
  const engine = await openEngine(STACK, PROJECT);
  if (await engine.stackExists()) {
    engine.recover();
    await commands.seconds("pulumi", ["stack", "rm", "--stack", STACK, "--yes", "--force", "--preserve-config"], {
      cwd: PROJECT,
      env: engine.env,
    });
  }
  forgetState(stateFiles(engine.home, "guildnet-bench", STACK));
  rmSync(engine.folder, { recursive: true, force: true });
}

/** The stack of benchmarks/workspaces. */
class Workspaces {
  readonly #engine: Engine;
  readonly #commands: Commands;
  readonly #settings: readonly string[];

  private constructor(engine: Engine, commands: Commands, settings: readonly string[]) {
    this.#engine = engine;
    this.#commands = commands;
    this.#settings = settings;
  }

  static async open(product: Product, commands: Commands, count: number): Promise<Workspaces> {
    const settings = { kubeconfigPath: product.kubeconfig, endpoint: product.apiServer, count };
    return new Workspaces(
      await openEngine(STACK, PROJECT),
      commands,
      Object.entries(settings).flatMap(([key, value]) => ["--config", `${key}=${value}`]),
    );
  }

  async up(...flags: string[]): Promise<number> {
    const args = [
      "up",
      "--yes",
      "--skip-preview",
      "--policy-pack",
      join(PROJECT_ROOT, "policy"),
      ...flags,
      ...this.#settings,
    ];
    return this.#commands.seconds(
      process.execPath,
      [TOOLCHAIN_CLI, "pulumi", "-C", PROJECT, "--stack", STACK, ...args],
      { cwd: PROJECT_ROOT, env: process.env },
    );
  }

  async rendered(): Promise<object[]> {
    return renderedObjects(await this.#engine.json<ExportedState>(["stack", "export", "--show-secrets"]));
  }

  forget(): Promise<void> {
    return forgetWorkspaces(this.#commands);
  }
}
