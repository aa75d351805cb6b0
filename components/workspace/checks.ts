import { GuildError } from "../errors.ts";
import { IDE_PORT } from "./deployment.ts";
import type { WorkspacePort } from "./deployment.ts";

/** A workspace's id: its namespace and its host name are made of it. */
export const WORKSPACE_ID = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;
/** A Service port's name, as Kubernetes allows it. */
export const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;
/** Environment variables of ours. */
export const RESERVED_ENVIRONMENT = /^GUILDNET_/;

interface PlaceArgs {
  ports?: readonly WorkspacePort[];
  environment?: object;
}

/** What is wrong with a workspace's plain arguments; empty when nothing is. */
export function workspaceMistakes(id: string, args: PlaceArgs): string[] {
  return placeMistakes(id, args, { name: "ide", port: IDE_PORT, whose: "the IDE's" });
}

/**
 * What is wrong with the plain arguments that workspaces and apps have in common.
 * @param main the port that is there already
 */
export function placeMistakes(id: string, args: PlaceArgs, main: WorkspacePort & { whose: string }): string[] {
  const mistakes: string[] = [];
  if (!WORKSPACE_ID.test(id)) {
    mistakes.push(`its name is "${id}", allowed are lower case letters, digits and "-", at most 40, a letter or digit first and last`);
  }
  const privileged = (port: number) => `port ${port}: without privileges it can listen at 1024 to 65535`;
  if (!unprivileged(main.port)) mistakes.push(privileged(main.port));
  const taken = new Map([[main.name, main.port]]);
  for (const { name, port } of args.ports ?? []) {
    if (!PORT_NAME.test(name)) mistakes.push(`port "${name}": a name has at most 15 lower case letters, digits and "-", at least one letter`);
    if (taken.has(name)) mistakes.push(`port "${name}" is there twice: give each its own name`);
    if ([...taken.values()].includes(port)) mistakes.push(`port ${port} is there twice${port === main.port ? ` (it is ${main.whose})` : ""}: choose another`);
    if (!unprivileged(port)) mistakes.push(privileged(port));
    taken.set(name, port);
  }
  for (const name of Object.keys(args.environment ?? {})) {
    if (RESERVED_ENVIRONMENT.test(name)) mistakes.push(`environment variable "${name}": names starting with GUILDNET_ are ours`);
  }
  return mistakes;
}

function unprivileged(port: number): boolean {
  return Number.isInteger(port) && port >= 1024 && port <= 65535;
}

/** @throws GuildError with every mistake at once */
export function checkWorkspace(id: string, args: PlaceArgs): void {
  const mistakes = workspaceMistakes(id, args);
  if (mistakes.length > 0) throw new GuildError("workspace-args", `workspace "${id}": ${mistakes.join("; ")}`);
}
