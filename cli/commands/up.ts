import { join } from "node:path";
import {
  handOverHomes,
  isAlive,
  noteClaims,
  noteVolumeOwners,
  removeEmptied,
  type NotedClaim,
} from "../../provider/control.ts";
import { writeFileAtomic } from "../../toolchain/atomic-file.ts";
import { settleRestores, suggestsRestore, withoutHeld } from "../backup/restores.ts";
import { ownersIn, volumesIn, type StackVolume } from "../destroy-plan.ts";
import { deviationLines, type Deviation } from "../drift/deviation.ts";
import { findMade } from "../drift/half-made.ts";
import { detectDrift, deviationsOf, isClear, isEmptied, type DriftReport } from "../drift/detect.ts";
import { UserError } from "../../toolchain/errors.ts";
import type { Changes, Engine } from "../../engine/engine.ts";
import { assertHasFile } from "../../engine/stack-config.ts";
import { embeddedClusters } from "../../engine/stack-state.ts";
import { withKubectl } from "../kubernetes/kubectl.ts";
import { tellUnmade } from "../cluster/unmade-volumes.ts";
import { releaseVolumes } from "../kubernetes/release-volumes.ts";
import type { EventType } from "../../events/index.ts";
import { say, type Saying } from "../events/say.ts";
import { linksBlock } from "../links.ts";
import { openEngine, projectAt } from "../open-engine.ts";
import { takeProxy } from "../proxy.ts";
import { outputsSoFar, stackOutputs, type StackOutputs } from "../stack-outputs.ts";
import { toolsForStack } from "../stack-tools.ts";
import { report } from "../status/findings.ts";
import { quickFindings } from "../status/machine.ts";
import { toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";

/** Brings the stack up and prints the links. Exits with the engine's code when it fails. */
export async function upCommand(stack: string): Promise<void> {
  const project = projectAt();
  assertHasFile(project, stack);
  await takeProxy(project, stack, process.env);
  await requireTools(toolsNamed(toolsForStack(project, stack)));
  const engine = await openEngine(stack);
  await engine.alone("up", () => bringUp(engine));
}

async function bringUp(engine: Engine): Promise<void> {
  const start = Date.now();
  engine.recover();
  await engine.settlePendingOperations(findMade);
  engine.assertFree();
  await engine.ensureStack();
  const see = looking(engine);
  const before = await see();
  if (isEmptied(before)) throw emptied(engine.stack);
  if (!(await update(engine, before))) return tellFailed(engine, start);
  // What could not be seen before, of a cluster that was stopped say, is looked at now; so is what was put right.
  const after = isClear(before) ? before : await see();
  const isLate = "why" in before && !isClear(after);
  if (isLate && !(await update(engine, after))) return tellFailed(engine, start);
  const last = isLate ? await see() : after;
  const [outputs, changes] = await Promise.all([stackOutputs(engine), engine.lastChanges()]);
  if (!isUnchanged(changes)) {
    await settleData(engine, outputs);
    const data = { stack: engine.stack, changes: { ...changes }, seconds: secondsSince(start) };
    await tell(outputs, { audience: "guild", type: "stack.applied", data });
  }
  const caFile = join(engine.folder, "ca.crt");
  writeFileAtomic(caFile, outputs.caCertificate);
  const repaired = isLate ? deviationsOf(after) : deviationsOf(before);
  process.stdout.write(
    `\n${summary(engine.stack, isUnchanged(changes), repaired, last)}\n\n${linksBlock(outputs, caFile, engine.stack)}`,
  );
  const state = await engine.state(),
    inUse = new Set(volumesIn(state).map(({ namespace }) => namespace));
  for (const cluster of embeddedClusters(state)) removeEmptied(cluster, inUse);
  const warnings = (await quickFindings(embeddedClusters(state), engine.home.root)).filter(({ warning }) => warning);
  if (warnings.length > 0) process.stdout.write(`\nTo look at\n${report(warnings)}\n`);
  if (deviationsOf(last).length > 0) process.exitCode = 1;
}

/** Says what the run came to on the event bus, as far as the stack has one; what keeps it from that is a line. */
async function tell<Type extends EventType>(outputs: Partial<StackOutputs>, saying: Saying<Type>): Promise<void> {
  const why = await say(outputs, saying);
  if (why !== undefined) process.stderr.write(`The event bus was not told: ${why}\n`);
}

/** Admins alone: what went wrong may name what is not for everybody. */
async function tellFailed(engine: Engine, start: number): Promise<void> {
  const reason = `npm run up ended with ${process.exitCode ?? 1}`;
  const data = { stack: engine.stack, reason, seconds: secondsSince(start) };
  await tell(outputsSoFar(await engine.state()), { audience: "admins", type: "stack.failed", data });
}

function secondsSince(start: number): number {
  return (Date.now() - start) / 1000;
}

/**
 * Looks, with restores put right first: what one has stopped that goes on must not be started, and what one had that was
 * killed would be forgotten, once its backups are as the stack wants them.
 */
function looking(engine: Engine): () => Promise<DriftReport> {
  const told = new Set<string>();
  const tell = (line: string): void => void (told.has(line) || (told.add(line), process.stderr.write(`${line}\n`)));
  return async () => {
    const drift = await detectDrift(engine.state());
    const { kubeconfig, backup } = suggestsRestore(drift) ? outputsSoFar(await engine.state()) : {};
    if (kubeconfig === undefined || !backup) return drift;
    const held = await withKubectl(engine.home, kubeconfig, (kubectl) => settleRestores(kubectl, backup.volumes, tell));
    return withoutHeld(await detectDrift(engine.state()), held);
  };
}

function emptied(stack: string): UserError {
  const more = stack === "dev" ? "" : ` --stack ${stack}`;
  return new UserError(
    "cluster-empty",
    `Not one of the objects that the stack ${stack} has made is in its cluster: this is another cluster, or it was emptied. Nothing was changed.\nIf they are to be made anew in it: \`npm run pulumi --${more} refresh\`, then \`npm run up\` again.`,
  );
}

/**
 * Applies the stack, after a refresh of what is not as the stack left it: the engine compares the program with its
 * state alone, and would take a lost policy for one that is there.
 * @returns whether it went well; sets the exit code otherwise
 */
async function update(engine: Engine, drift: DriftReport): Promise<boolean> {
  const found = deviationsOf(drift);
  if (found.length > 0) {
    process.stderr.write(`Not as the stack left it, and put right now:\n${deviationLines(found)}\n`);
    const refreshed = await engine.run(
      ["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...found.flatMap(({ urn }) => ["--target", urn])],
      { isAlive },
    );
    if (refreshed !== 0) return failed(refreshed);
  }
  const code = await engine.run(["up", "--yes", "--skip-preview", "--suppress-outputs"], {
    isAlive,
    meanwhile: tellUnmade((line) => process.stderr.write(`${line}\n`)),
  });
  return code === 0 || failed(code);
}

function failed(code: number): false {
  process.exitCode = code;
  return false;
}

/** What a run came to. @param last look at the cluster */
export function summary(stack: string, unchanged: boolean, repaired: readonly Deviation[], last: DriftReport): string {
  const left = deviationsOf(last),
    mended = repaired.filter(({ urn }) => !left.some((one) => one.urn === urn));
  return [
    unchanged && repaired.length === 0 ? `The stack ${stack} is unchanged.` : `The stack ${stack} is up.`,
    ...(mended.length > 0 ? [`Put right, as it was not as the stack left it:\n${deviationLines(mended)}`] : []),
    ...(left.length > 0
      ? [`Not put right, run this again or look for what keeps it so:\n${deviationLines(left)}`]
      : []),
    ...("why" in last ? [`Whether its objects are in the cluster was not looked at: ${last.why}`] : []),
  ].join("\n");
}

/** By namespace and name. */
function claimsOf(volumes: readonly StackVolume[]): Map<string, Record<string, NotedClaim>> {
  const claims = new Map<string, Record<string, NotedClaim>>();
  for (const { namespace, claim, size, className } of volumes)
    claims.set(namespace, {
      ...claims.get(namespace),
      [claim]: { size, ...(className !== undefined && { className }) },
    });
  return claims;
}

/** After a change: volumes that are kept say whose they are, homes belong to their persons, and those that aren't kept any more go with their claims. */
async function settleData(engine: Engine, { kubeconfig }: StackOutputs): Promise<void> {
  const state = await engine.state();
  for (const cluster of embeddedClusters(state)) {
    noteVolumeOwners(cluster, ownersIn(state));
    noteClaims(cluster, claimsOf(volumesIn(state)));
    handOverHomes(cluster);
  }
  await withKubectl(engine.home, kubeconfig, releaseVolumes);
}

/** Whether the engine found every resource as it should be. */
export function isUnchanged(changes: Changes): boolean {
  const counts = Object.entries(changes);
  return counts.length > 0 && counts.every(([kind, count]) => kind === "same" || count === 0);
}
