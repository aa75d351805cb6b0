import { prepareNode, suspendNode } from "../../provider/control.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What a cluster's systemd unit does before it starts the cluster. */
export async function clusterPrepareCommand(cluster: string): Promise<void> {
  await prepareNode(cluster, say);
}

/** What a cluster's systemd unit does when the machine shuts down. */
export async function clusterStopCommand(cluster: string): Promise<void> {
  await suspendNode(cluster, say);
}
