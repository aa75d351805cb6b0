import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deleteNode, isAlive, noteVolumeOwners, volumesOf } from "../../provider/control.ts";
import { writeFileAtomic } from "../../toolchain/atomic-file.ts";
import { askFor, canAsk } from "../confirm.ts";
import { ownersIn, planText, volumesIn, type DestroyPlan } from "../destroy-plan.ts";
import { findMadeElsewhere } from "../drift/half-made.ts";
import type { Engine } from "../../engine/engine.ts";
import { openEngine } from "../open-engine.ts";
import { isActionable, UserError } from "../../toolchain/errors.ts";
import { PROJECT_ROOT } from "../../toolchain/project.ts";
import type { StackOutputs } from "../stack-outputs.ts";
import {
  embeddedClusters,
  protectedResources,
  releaseData,
  retainedResources,
  type StackState,
} from "../../engine/stack-state.ts";

export interface DestroyOptions {
  /** Whether protected and kept data goes as well. */
  readonly data: boolean;
  /** Whether nobody is asked. */
  readonly yes: boolean;
  /** Relative to the checkout. */
  readonly projectFolder: string;
}

/** Removes the stack: all of it, or all but its data. */
export async function destroyCommand(stack: string, { data, yes, projectFolder }: DestroyOptions): Promise<void> {
  if (data && !yes && !canAsk()) {
    throw new UserError(
      "not-confirmed",
      `\`destroy --data\` removes homes for good. Nobody is there to be asked: \`npm run destroy -- --stack ${stack} --data --yes\` does it unasked. Nothing was changed.`,
    );
  }
  const engine = await openEngine(stack, resolve(PROJECT_ROOT, projectFolder));
  await engine.alone("destroy", () => destroyAlone(engine, { data, isAsked: !yes && canAsk() }));
}

async function destroyAlone(engine: Engine, { data, isAsked }: { data: boolean; isAsked: boolean }): Promise<void> {
  const kept = new KeptVolumes(engine);
  engine.recover();
  const abandoned = embeddedClusters({
    deployment: { resources: await engine.settlePendingOperations(findMadeElsewhere) },
  });
  engine.assertFree();
  kept.remember(abandoned);
  if (isAsked) {
    process.stderr.write(`\n${planText(await planOf(engine, kept, data))}\n`);
    await askFor(engine.stack, `Write the name of the stack, ${engine.stack}, to go on: `);
  }
  if (await engine.stackExists()) {
    const code = await destroyStack(engine, kept, data);
    if (code !== 0) {
      process.exitCode = code;
      return;
    }
  }
  // A cluster whose creation was cut off may run and be in no state.
  for (const cluster of abandoned) await deleteNode(cluster, !data);
  if (data) await kept.remove();
  process.stdout.write(kept.summary());
}

async function destroyStack(engine: Engine, kept: KeptVolumes, data: boolean): Promise<number> {
  const state = await engine.json<StackState>(["stack", "export"]);
  if (data) await engine.importState(JSON.stringify(releaseData(state)));
  kept.remember(embeddedClusters(state));
  for (const cluster of embeddedClusters(state)) noteVolumeOwners(cluster, ownersIn(state));
  const held = data ? [] : protectedResources(state);
  const code = await engine.run(
    ["destroy", "--yes", "--skip-preview", ...(held.length > 0 ? ["--exclude-protected"] : [])],
    { isAlive },
  );
  if (code !== 0) return code;
  if (held.length > 0) {
    process.stdout.write(
      `\nKept, because it is protected: ${held.join(", ")}. \`npm run destroy -- --data\` removes it too.\n`,
    );
    return 0;
  }
  const retained = data || embeddedClusters(state).length > 0 ? [] : retainedResources(state);
  if (retained.length > 0) process.stdout.write(`\nLeft in the cluster with its data: ${retained.join(", ")}.\n`);
  return engine.removeStack();
}

/** All that a destroy would be about. What nobody can look at, in a cluster that is stopped, is told as it was asked for. */
async function planOf(engine: Engine, kept: KeptVolumes, data: boolean): Promise<DestroyPlan> {
  const isThere = await engine.stackExists();
  const state = isThere ? await engine.json<StackState>(["stack", "export"]) : { deployment: {} };
  const outputs = isThere
    ? await engine.json<Partial<StackOutputs>>(["stack", "output", "--json", "--show-secrets"])
    : {};
  const clusters = embeddedClusters(state);
  const used = await Promise.all(clusters.map((cluster) => usedIn(cluster, outputs.kubeconfig)));
  return {
    stack: engine.stack,
    data,
    clusters,
    people: outputs.people ?? [],
    volumes: volumesIn(state),
    used: new Map(used.flat()),
    folders: kept.folders(clusters),
    backups: outputs.backup?.target,
  };
}

async function usedIn(cluster: string, kubeconfig?: string): Promise<[string, number][]> {
  if (kubeconfig === undefined) return [];
  try {
    return (await volumesOf(cluster, kubeconfig)).flatMap(({ namespace, claim, usedBytes }): [string, number][] =>
      usedBytes === undefined ? [] : [[`${namespace}/${claim}`, usedBytes]],
    );
  } catch (error) {
    if (!isActionable(error)) throw error;
    return [];
  }
}

/** The volumes that outlive a destroyed embedded cluster, and where that is written down. */
class KeptVolumes {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Called before the destroy: afterwards no state names the clusters any more. */
  remember(clusters: readonly string[]): void {
    writeFileAtomic(this.#record, JSON.stringify([...new Set([...this.#clusters(), ...clusters])]));
  }

  async remove(): Promise<void> {
    for (const cluster of this.#clusters()) await deleteNode(cluster, false);
  }

  /** What is left, in words. Forgets the stack when that is nothing. */
  summary(): string {
    const volumes = this.folders();
    if (volumes.length > 0) {
      return `\nKept the workspaces' volumes: ${volumes.join(", ")}\n\`npm run up\` finds them again; \`npm run destroy -- --data\` removes them.\n`;
    }
    this.#engine.forgetFolder();
    return `\nNothing is left of the stack ${this.#engine.stack}.\n`;
  }

  /** Folders that have volumes, of the clusters written down and of others. */
  folders(others: readonly string[] = []): string[] {
    const clusters = [...new Set([...this.#clusters(), ...others])];
    return clusters
      .map((cluster) => join(this.#engine.home.root, "clusters", cluster, "volumes"))
      .filter((folder) => existsSync(folder));
  }

  #clusters(): string[] {
    return existsSync(this.#record) ? (JSON.parse(readFileSync(this.#record, "utf8")) as string[]) : [];
  }

  get #record(): string {
    return join(this.#engine.folder, "kept-clusters.json");
  }
}
