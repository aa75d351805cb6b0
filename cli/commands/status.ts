import type { Engine } from "../../engine/engine.ts";
import { openEngine } from "../open-engine.ts";
import { lookAtOwn } from "../drift/look-at-own.ts";
import { both, look } from "../drift/look.ts";
import { suggestsRestore, withoutHeld } from "../backup/restores.ts";
import { backupFindings } from "../backup/status.ts";
import { heldVolumes } from "../backup/stopped.ts";
import { embeddedClusters, type StackState } from "../../engine/stack-state.ts";
import { checkHttps } from "../https-check.ts";
import { withKubectl } from "../kubernetes/kubectl.ts";
import { outputsIn, type StackOutputs } from "../stack-outputs.ts";
import { clusterReport } from "../status/cluster.ts";
import { declaredWorkloads } from "../status/declared.ts";
import { addressFinding, report, workloadFinding, type Finding } from "../status/findings.ts";
import { machineFindings } from "../status/machine.ts";
import { objectFindings } from "../status/objects.ts";
import { answersAt, publishedAddresses } from "../status/published.ts";

/** Prints how the stack's parts are; exit code 1 when one of them is not well. */
export async function statusCommand(stack: string): Promise<void> {
  const engine = await openEngine(stack);
  const state = await stackState(engine), outputs = outputsIn(state, stack);
  const [findings, seen, own] = await Promise.all([findingsOf(outputs, state), look(Promise.resolve(state)), lookAtOwn(state)]);
  const { backup } = outputs;
  // Of what restores have stopped, their backups' lines tell.
  const sight = both(backup && suggestsRestore(seen) ? await withKubectl(engine.home, outputs.kubeconfig, async (kubectl) => withoutHeld(seen, await heldVolumes(kubectl, backup.volumes))) : seen, own);
  // Of a cluster that does not answer there is a line already.
  if (!("why" in sight) || findings.every(({ healthy }) => healthy)) findings.push(...objectFindings(sight, declaredWorkloads(state).map(({ workload }) => workload)));
  findings.push(...await machineFindings(embeddedClusters(state), outputs.kubeconfig, engine.home.root));
  if (backup) findings.push(...await withKubectl(engine.home, outputs.kubeconfig, (kubectl) => backupFindings(kubectl, backup)));
  process.stdout.write(`Stack ${stack}\n${report(findings)}\n`);
  if (findings.some(({ healthy }) => !healthy)) process.exitCode = 1;
}

/** Empty where there is no stack, of which the outputs tell. */
async function stackState(engine: Engine): Promise<StackState> {
  return (await engine.stackExists()) ? engine.state() : { deployment: {} };
}

/** The cluster, each workload that the state knows, with the address it is published at, and what else is published. */
async function findingsOf(outputs: StackOutputs, state: StackState): Promise<Finding[]> {
  const declared = declaredWorkloads(state);
  const [cluster, addresses] = await Promise.all([
    clusterReport(embeddedClusters(state), outputs.kubeconfig, declared.map(({ workload }) => workload)),
    Promise.all(publishedAddresses(outputs).map(async (address) => ({ ...address, answer: await checkHttps(address.url, address.authority) }))),
  ]);
  const workloads = (cluster.observed?.workloads ?? []).flatMap((observed, index) => {
    const one = declared[index];
    if (one === undefined) return [];
    const leadsTo = one.component?.type === "SubnetRouter" ? outputs.mesh?.routes : undefined;
    return [workloadFinding(one, observed, { checked: addresses.find((address) => answersAt(one.component, address)), leadsTo })];
  });
  const others = addresses.filter((address) => cluster.observed === undefined || !declared.some(({ component }) => answersAt(component, address)));
  return [...cluster.findings, ...workloads, ...others.map((address) => addressFinding(address.what, address))];
}
