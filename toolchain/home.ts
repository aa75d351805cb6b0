import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where everything lives that this project puts on a machine: absolute paths below GUILDNET_HOME. */
export interface Home {
  readonly root: string;
  /** Finished tools: `<tool>/<version>/`. */
  readonly tools: string;
  /** Download and build caches; safe to delete. */
  readonly cache: string;
  /** Pulumi's file backend. */
  readonly state: string;
  /** The file with the passphrase of that state, mode 0600. */
  readonly passphrase: string;
  /** PULUMI_HOME. */
  readonly pulumi: string;
  /** What belongs to one stack and not into the checkout: `<stack>/`. */
  readonly stacks: string;
  readonly logs: string;
  readonly locks: string;
}

/** Reads GUILDNET_HOME. @default "~/.guildnet" */
export function guildnetHome(env: NodeJS.ProcessEnv = process.env): Home {
  const root = resolve(env.GUILDNET_HOME || join(homedir(), ".guildnet"));
  const below = (name: string) => join(root, name);
  return {
    root,
    tools: below("tools"),
    cache: below("cache"),
    state: below("state"),
    passphrase: below("passphrase"),
    pulumi: below("pulumi"),
    stacks: below("stacks"),
    logs: below("logs"),
    locks: below("locks"),
  };
}
