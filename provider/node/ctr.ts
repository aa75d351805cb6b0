import { execa } from "execa";
import { containerdSocket } from "./layout.ts";

/** A node that runs: where its files are, and its first process as this machine numbers it. */
export interface RunningNode {
  readonly folder: string;
  readonly init: number;
}

/** Runs containerd's own client on the node's containerd, in the namespace that the kubelet uses, and returns what it prints. */
export async function ctr(
  { init }: Pick<RunningNode, "init">,
  args: readonly string[],
  input?: Buffer,
): Promise<string> {
  const { stdout } = await execa(
    "ctr",
    ["--address", addressOf(init), "--namespace", "k8s.io", ...args],
    input === undefined ? { stdin: "ignore" } : { input },
  );
  return stdout;
}

/** The node's containerd, through the view that its first process has of files. */
export function addressOf(init: number): string {
  return `/proc/${init}/root${containerdSocket}`;
}
