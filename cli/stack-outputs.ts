import { UserError } from "../toolchain/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { StackState } from "../engine/stack-state.ts";

/** One workspace as the stack's outputs name it. */
export interface WorkspaceOutput {
  readonly name: string;
  readonly owner: string;
  readonly url: string;
}

/** One app. */
export interface AppOutput extends WorkspaceOutput {
  readonly visibility: string;
}

/** The mesh, where there is one. */
export interface MeshOutput {
  /** Networks that the router leads to, comma-separated. */
  readonly routes?: string;
}

/** A volume with backups. */
export interface BackedUpVolume {
  /** What a person calls it. */
  readonly name: string;
  readonly namespace: string;
  /** Deployment that has it. */
  readonly deployment: string;
  /** Where that is something else. */
  readonly kind?: "StatefulSet";
  /** Claims of all volumes that its files are brought back to, where several have the same files. */
  readonly claims?: readonly string[];
  /** Handles of the people whose snapshots are this volume's; not there where it is the guild's. */
  readonly owners?: readonly string[];
}

/** The backups, where there are some. */
export interface BackupOutput {
  /** "cluster", or the address snapshots go to. */
  readonly target: string;
  readonly volumes: readonly BackedUpVolume[];
}

/** The event bus, where there is one: how this machine gets to it, as whom. */
export interface EventsOutput {
  readonly url: string;
  /** Where its pods are; not there where it is no program of the cluster's. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** PEM */
  readonly caCertificate: string;
  readonly credentials: string;
}

/** An address that answers over HTTPS where a system is well, as the system declares it. */
export interface Probe {
  /** What to call it where no pods of the stack's answer there. */
  readonly what: string;
  /** The component whose pods do; `name` is there where there are many of its class. */
  readonly component: { readonly type: string; readonly name?: string };
  readonly url: string;
  /** PEM of the authority to trust there; not there for those that every machine knows. */
  readonly authority?: string;
}

/** The stack's outputs as `index.ts` exports them. Secrets are in plain text: nothing of this goes to a log. */
export interface StackOutputs {
  readonly portalUrl: string;
  readonly people: readonly string[];
  readonly admins?: readonly string[];
  readonly workspaces: readonly WorkspaceOutput[];
  readonly apps?: readonly AppOutput[];
  /** PEM */
  readonly caCertificate: string;
  /** base64url */
  readonly signInKey: string;
  /** YAML or JSON */
  readonly kubeconfig: string;
  readonly mesh?: MeshOutput | null;
  readonly backup?: BackupOutput | null;
  readonly events?: EventsOutput | null;
  /** Not there in a stack that an earlier version brought up last. */
  readonly probes?: readonly Probe[];
  readonly notes?: readonly string[];
}

const REQUIRED = ["portalUrl", "people", "workspaces", "caCertificate", "signInKey", "kubeconfig"] as const;

/** Reads the outputs of a stack that is up. @throws UserError `stack-not-up` */
export async function stackOutputs(engine: Engine): Promise<StackOutputs> {
  if (!(await engine.stackExists())) throw notUp(engine.stack);
  return outputsIn(await engine.state(), engine.stack);
}

/** The outputs that a state has. @param state its secrets in plain @throws as `stackOutputs` */
export function outputsIn(state: StackState, stack: string): StackOutputs {
  const outputs = outputsSoFar(state);
  if (!isComplete(outputs)) throw notUp(stack);
  return outputs;
}

/** As `outputsIn`, of a stack that may not have come up yet. */
export function outputsSoFar({ deployment: { resources = [] } }: StackState): Partial<StackOutputs> {
  return (resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {}) as Partial<StackOutputs>;
}

function isComplete(outputs: Partial<StackOutputs>): outputs is StackOutputs {
  return REQUIRED.every((name) => outputs[name] !== undefined);
}

function notUp(stack: string): UserError {
  return new UserError(
    "stack-not-up",
    `The stack ${stack} is not up. \`npm run up${stack === "dev" ? "" : ` -- --stack ${stack}`}\` brings it up.`,
  );
}
