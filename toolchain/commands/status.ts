import { clusterStatus } from "../../provider/control.ts";
import { clustersOf } from "../clusters.ts";
import { Engine } from "../engine/engine.ts";
import { backupFindings } from "../backup/status.ts";
import { checkHttps } from "../https-check.ts";
import { withKubectl } from "../kubernetes/kubectl.ts";
import { columns } from "../links.ts";
import { stackOutputs, type StackOutputs } from "../stack-outputs.ts";

/** One line of the report. */
export interface Finding { readonly what: string; readonly state: string; readonly healthy: boolean; readonly where: string }

/** Prints how the stack's parts are; exit code 1 when one of them is not well. */
export async function statusCommand(stack: string): Promise<void> {
  const engine = await Engine.open(stack);
  const [outputs, clusters] = await Promise.all([stackOutputs(engine), clustersOf(engine)]);
  const findings = [...await Promise.all(clusters.map(clusterFinding)), ...await Promise.all(addresses(outputs).map((address) => addressFinding(address, outputs.caCertificate)))];
  const { backup } = outputs;
  if (backup) findings.push(...await withKubectl(engine.home, outputs.kubeconfig, (kubectl) => backupFindings(kubectl, backup)));
  process.stdout.write(`Stack ${stack}\n${report(findings)}\n`);
  if (findings.some(({ healthy }) => !healthy)) process.exitCode = 1;
}

/** The findings as aligned columns. */
export function report(findings: readonly Finding[]): string {
  return columns(findings.map(({ what, state, healthy, where }) => [healthy ? "✔" : "✖", what, state, where])).join("\n");
}

async function clusterFinding(cluster: string): Promise<Finding> {
  const health = await clusterStatus(cluster);
  return { what: `cluster ${cluster}`, state: health.ready ? "ready" : health.reason ?? "not ready", healthy: health.ready, where: "" };
}

interface Address { readonly what: string; readonly url: string }

function addresses({ portalUrl, workspaces, apps = [] }: StackOutputs): Address[] {
  const named = (what: string) => ({ name, url }: { name: string; url: string }) => ({ what: `${what} ${name}`, url });
  return [{ what: "portal", url: portalUrl }, ...workspaces.map(named("workspace")), ...apps.map(named("app"))];
}

async function addressFinding({ what, url }: Address, caCertificate: string): Promise<Finding> {
  const answer = await checkHttps(url, caCertificate);
  return { what, state: answer.ok ? "answers" : answer.reason, healthy: answer.ok, where: url };
}
