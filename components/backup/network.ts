import type * as k8s from "@pulumi/kubernetes";
import { appSelector } from "../kube/labels.ts";
import { toDns } from "../kube/network-policies.ts";
import { BACKUP_APP } from "./pods.ts";
import type { BackupReach } from "./repository.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** Out of a volume's jobs: to names, and to where snapshots go. */
export function toTarget(reach: BackupReach): Spec {
  const to = "app" in reach
    ? [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": reach.namespace } }, podSelector: { matchLabels: appSelector(reach.app) } }]
    : [{ ipBlock: { cidr: reach.address === undefined ? "0.0.0.0/0" : `${reach.address}/32` } }];
  const names = toDns().egress as k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  return {
    podSelector: { matchLabels: appSelector(BACKUP_APP) },
    policyTypes: ["Egress"],
    egress: [...names, { to, ports: [{ protocol: "TCP", port: reach.port }] }],
  };
}

/** In: from the jobs of every namespace to the server. */
export function fromBackups(app: string, port: number): Spec {
  return {
    podSelector: { matchLabels: appSelector(app) },
    policyTypes: ["Ingress"],
    ingress: [{
      from: [{ namespaceSelector: {}, podSelector: { matchLabels: appSelector(BACKUP_APP) } }],
      ports: [{ protocol: "TCP", port }],
    }],
  };
}
