import { suggestsRestore, withoutHeld } from "../backup/restores.ts";
import { backupFindings } from "../backup/status.ts";
import { heldVolumes } from "../backup/stopped.ts";
import { detectOwnDrift } from "../drift/detect-own.ts";
import { mergedReports, detectDrift, type DriftReport } from "../drift/detect.ts";
import type { Engine } from "../../engine/engine.ts";
import { embeddedClusters, type StackState } from "../../engine/stack-state.ts";
import { isActionable } from "../../toolchain/errors.ts";
import { checkHttps } from "../https-check.ts";
import { withKubectl } from "../kubernetes/kubectl.ts";
import { outputsIn, type BackupOutput, type StackOutputs } from "../stack-outputs.ts";
import { clusterReport } from "./cluster.ts";
import { declaredReleases, declaredWorkloads } from "./declared.ts";
import { addressFinding, releaseFinding, workloadFinding, type Finding } from "./findings.ts";
import { machineFindings } from "./machine.ts";
import { objectFindings } from "./objects.ts";
import { answersAt, notProbed } from "./probes.ts";

/**
 * How each part of a stack is: what `status` prints, and `verify` waits for.
 * @throws UserError `stack-not-up`
 */
export async function stackFindings(engine: AskedEngine): Promise<Finding[]> {
  const state = await stackState(engine),
    outputs = outputsIn(state, engine.stack);
  const [{ findings, answers }, seen, own, machine] = await Promise.all([
    runningFindings(outputs, state),
    detectDrift(Promise.resolve(state)),
    detectOwnDrift(state),
    machineFindings(embeddedClusters(state), outputs.kubeconfig, engine.home.root),
  ]);
  const { backup } = outputs;
  const drift = mergedReports(
    backup && suggestsRestore(seen) ? await besideRestores(engine, outputs.kubeconfig, backup, seen) : seen,
    own,
  );
  // Of a cluster that does not answer there is a line already.
  if (!("why" in drift) || findings.every(({ healthy }) => healthy))
    findings.push(
      ...objectFindings(
        drift,
        declaredWorkloads(state).map(({ workload }) => workload),
      ),
    );
  findings.push(...machine);
  if (backup && answers)
    findings.push(
      ...(await withKubectl(engine.home, outputs.kubeconfig, (kubectl) => backupFindings(kubectl, backup))),
    );
  // kubectl would try for most of a minute, whatever the patience of whoever asks.
  else if (backup)
    findings.push({
      what: "backups",
      state: "unknown while the cluster does not answer",
      healthy: false,
      where: backup.target,
    });
  return findings;
}

/** What is asked of an engine. */
type AskedEngine = Pick<Engine, "stack" | "home" | "stackExists" | "state">;

/** Of what restores have stopped, their backups' lines tell. */
async function besideRestores(
  engine: AskedEngine,
  kubeconfig: string,
  { volumes }: BackupOutput,
  seen: DriftReport,
): Promise<DriftReport> {
  try {
    return await withKubectl(engine.home, kubeconfig, async (kubectl) =>
      withoutHeld(seen, await heldVolumes(kubectl, volumes)),
    );
  } catch (error) {
    if (!isActionable(error)) throw error;
    return seen; // the cluster went away meanwhile, and is a line by itself
  }
}

/** Empty where there is no stack, of which the outputs tell. */
async function stackState(engine: AskedEngine): Promise<StackState> {
  return (await engine.stackExists()) ? engine.state() : { deployment: {} };
}

/** The cluster, what charts made, each workload that the state knows, with the address that its system declares, and what else is declared; and whether the cluster answers. */
export async function runningFindings(
  outputs: StackOutputs,
  state: StackState,
): Promise<{ findings: Finding[]; answers: boolean }> {
  const declared = declaredWorkloads(state),
    releases = declaredReleases(state);
  const [cluster, probed] = await Promise.all([
    clusterReport(
      embeddedClusters(state),
      outputs.kubeconfig,
      declared.map(({ workload }) => workload),
      releases.map(({ namespace }) => namespace),
    ),
    Promise.all(
      (outputs.probes ?? []).map(async (probe) => ({ ...probe, answer: await checkHttps(probe.url, probe.authority) })),
    ),
  ]);
  const workloads = (cluster.observed?.workloads ?? []).flatMap((observed, index) => {
    const one = declared[index];
    if (one === undefined) return [];
    const leadsTo = one.component?.type === "SubnetRouter" ? outputs.mesh?.routes : undefined;
    return [
      workloadFinding(one, observed, { checked: probed.find((probe) => answersAt(one.component, probe)), leadsTo }),
    ];
  });
  const charts =
    cluster.observed === undefined
      ? []
      : releases.map((release) => releaseFinding(release, cluster.observed?.inNamespaces ?? []));
  const others = probed.filter(
    (probe) => cluster.observed === undefined || !declared.some(({ component }) => answersAt(component, probe)),
  );
  const findings = [
    ...cluster.findings,
    ...charts,
    ...workloads,
    ...others.map((probe) => addressFinding(probe.what, probe)),
    ...notProbed(outputs),
  ];
  return { findings, answers: cluster.observed !== undefined };
}
