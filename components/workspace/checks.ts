import { networkMistake } from "../kube/cidr.ts";
import { GuildError } from "../kube/errors.ts";
import { proxyMistakes } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { foreignLabel } from "../kube/labels.ts";
import type { Internet } from "../kube/network-policies.ts";
import { parseQuantity, quantity } from "../kube/quantity.ts";
import { IDE_PORT } from "./deployment.ts";
import type { WorkspacePort } from "./deployment.ts";
import { smallest } from "./presets.ts";
import type { WorkspaceSize } from "./presets.ts";
import { RESERVED_ENVIRONMENT, variableFault, variablesFault, WORKSPACE_ENVIRONMENT } from "./variables.ts";

/** A workspace's id: its namespace and its host name are made of it, where "--" parts a port from it. */
export const WORKSPACE_ID = /^(?!.*--)[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;
/** A Service port's name, as Kubernetes allows it. */
export const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

interface PlaceArgs {
  ports?: readonly WorkspacePort[];
  /** Values that are known only later are looked at by nobody but the cluster. */
  environment?: Readonly<Record<string, unknown>>;
  labels?: object;
  internet?: Internet;
  proxy?: Proxy;
}

interface SizedArgs extends PlaceArgs {
  resources?: Partial<WorkspaceSize>;
  attachments?: readonly { readonly name: string }[];
}

/** What is wrong with a workspace's plain arguments; empty when nothing is. */
export function workspaceMistakes(id: string, args: SizedArgs): string[] {
  const taken = Object.keys(args.environment ?? {}).filter((name) => WORKSPACE_ENVIRONMENT.includes(name));
  return [
    ...placeMistakes(id, args, { name: "ide", port: IDE_PORT, whose: "the IDE's" }),
    ...taken.map((name) => `environment variable "${name}": the workspace sets it itself`),
    ...sizeMistakes(args.resources ?? {}, smallest),
    ...attachmentMistakes(args.attachments ?? []),
  ];
}

function attachmentMistakes(attachments: readonly { readonly name: string }[]): string[] {
  const names = attachments.map(({ name }) => name);
  return [...new Set(names.filter((name, place) => names.indexOf(name) !== place))].map(
    (name) => `attachment "${name}" is there twice: give it once`,
  );
}

/** Sizes that are none, or below what can work. */
export function sizeMistakes<Size extends object>(asked: Partial<Size>, least: Record<keyof Size, string>): string[] {
  return (Object.keys(asked) as (keyof Size & string)[]).flatMap((key) => {
    const value: unknown = asked[key];
    return typeof value !== "string" || (parseQuantity(value) ?? 0) >= quantity(least[key])
      ? []
      : [`${key} is "${value}", allowed is at least ${least[key]}`];
  });
}

/**
 * What is wrong with the plain arguments that workspaces and apps have in common.
 * @param main the port that is there already
 */
export function placeMistakes(id: string, args: PlaceArgs, main: WorkspacePort & { whose: string }): string[] {
  const mistakes: string[] = [];
  for (const cidr of Array.isArray(args.internet) ? (args.internet as readonly string[]) : []) {
    const allowed = networkMistake(cidr);
    if (allowed !== undefined) mistakes.push(`internet "${cidr}": allowed is ${allowed}`);
  }
  if (args.proxy !== undefined) mistakes.push(...proxyMistakes(args.proxy));
  if (!WORKSPACE_ID.test(id)) {
    mistakes.push(
      `its name is "${id}", allowed are lower case letters, digits and single "-", at most 40, a letter or digit first and last`,
    );
  }
  const privileged = (port: number) => `port ${port}: without privileges it can listen at 1024 to 65535`;
  if (!unprivileged(main.port)) mistakes.push(privileged(main.port));
  const taken = new Map([[main.name, main.port]]);
  for (const { name, port } of args.ports ?? []) {
    if (!PORT_NAME.test(name))
      mistakes.push(`port "${name}": a name has at most 15 lower case letters, digits and "-", at least one letter`);
    if (taken.has(name)) mistakes.push(`port "${name}" is there twice: give each its own name`);
    if ([...taken.values()].includes(port))
      mistakes.push(`port ${port} is there twice${port === main.port ? ` (it is ${main.whose})` : ""}: choose another`);
    if (!unprivileged(port)) mistakes.push(privileged(port));
    taken.set(name, port);
  }
  for (const key of Object.keys(args.labels ?? {})) {
    if (foreignLabel(key) !== undefined)
      mistakes.push(`label "${key}": those below ${foreignLabel(key)} are not for others to set`);
  }
  return [...mistakes, ...environmentMistakes(args.environment ?? {})];
}

function environmentMistakes(environment: Readonly<Record<string, unknown>>): string[] {
  const known = Object.entries(environment).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const together = variablesFault(Object.fromEntries(known));
  return [
    ...Object.keys(environment)
      .filter((name) => RESERVED_ENVIRONMENT.test(name))
      .map((name) => `environment variable "${name}": names starting with GUILDNET_ are ours`),
    ...known
      .flatMap(([name, value]) => variableFault(name, value) ?? [])
      .map((allowed) => `environment: allowed is ${allowed}`),
    ...(together === undefined ? [] : [`environment: allowed are ${together}`]),
  ];
}

function unprivileged(port: number): boolean {
  return Number.isInteger(port) && port >= 1024 && port <= 65535;
}

/** @throws GuildError with every mistake at once */
export function checkWorkspace(id: string, args: SizedArgs): void {
  const mistakes = workspaceMistakes(id, args);
  if (mistakes.length > 0) throw new GuildError("workspace-args", `workspace "${id}": ${mistakes.join("; ")}`);
}
