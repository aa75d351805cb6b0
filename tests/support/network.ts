/** What pods of the test stack reach over the network. */
import { apply, kubectl } from "./guildnet.ts";

/**
 * Whether a workspace gets a TCP connection.
 * @param address `host:port`; the host's name must be known to the cluster's DNS
 * @param from what else of the namespace it is asked of: a pod with bash
 */
export async function reaches(namespace: string, address: string, from = "deploy/workspace"): Promise<boolean> {
  const [host, port] = address.split(":");
  const script = `getent ahosts ${host} >/dev/null || { echo unknown; exit; }; timeout 3 bash -c 'exec 3<>/dev/tcp/${host}/${port}' 2>/dev/null && echo yes || echo no`;
  const said = await kubectl("exec", "--namespace", namespace, from, "--", "bash", "-c", script);
  if (said === "unknown") throw new Error(`${namespace} does not find ${host}`);
  return said === "yes";
}

/**
 * Which of many addresses a workspace gets a TCP connection to, all asked at once.
 * @param addresses `address:port` each
 */
export async function reachable(namespace: string, addresses: readonly string[]): Promise<string[]> {
  const ask =
    'for each in "$@"; do (timeout 5 bash -c "exec 3<>/dev/tcp/${each%:*}/${each##*:}" 2>/dev/null && echo "$each") & done; wait';
  const said = await kubectl(
    "exec",
    "--namespace",
    namespace,
    "deploy/workspace",
    "--",
    "bash",
    "-c",
    ask,
    "bash",
    ...addresses,
  );
  return said
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

/** Lets a namespace's pods out, or others in, with one policy more: `open-egress` or `open-ingress`. */
export async function openNamespace(namespace: string, direction: "Egress" | "Ingress"): Promise<void> {
  const way = direction.toLowerCase();
  const { exitCode, stderr } = await apply({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `open-${way}`, namespace },
    spec: { podSelector: {}, policyTypes: [direction], [way]: [{}] },
  });
  if (exitCode !== 0) throw new Error(stderr);
}
