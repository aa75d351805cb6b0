/**
 * What kube-score (https://github.com/zegl/kube-score/blob/v1.20.0/README_CHECKS.md) and checkov
 * (https://www.checkov.io/5.Policy%20Index/kubernetes.html) may find fault with in an object that
 * is meant to be so, and the checks of either that say it.
 */
const findings = {
  /** A user or group below 10000, which may be one of the node's as well. */
  "low-user": { kubeScore: ["container-security-context-user-group-id"], checkov: ["CKV_K8S_40"] },
  /** One pod, which nothing stands in for. */
  "single-replica": { kubeScore: ["deployment-replicas"], checkov: [] },
  /** The old pod ends before the new one starts. */
  recreated: { kubeScore: ["deployment-strategy"], checkov: [] },
  /** Pods of one Deployment may all be on one node, and be ended together. */
  together: { kubeScore: ["deployment-has-host-podantiaffinity", "deployment-has-poddisruptionbudget"], checkov: [] },
  /** A pod is given a token for the API server. */
  "api-token": { kubeScore: [], checkov: ["CKV_K8S_38"] },
  /** A variable of a container is filled from a Secret. */
  "secret-variable": { kubeScore: [], checkov: ["CKV_K8S_35"] },
  /** A pod that nobody asks whether it is well. */
  "no-probes": { kubeScore: [], checkov: ["CKV_K8S_8", "CKV_K8S_9"] },
  /** A container that is sent what comes as soon as it runs. */
  "no-readiness": { kubeScore: [], checkov: ["CKV_K8S_9"] },
  /** An account may read every Secret of its namespace, or of the cluster. */
  "reads-secrets": { kubeScore: [], checkov: ["CKV2_K8S_5"] },
  /** An account may change whom the API server asks before it takes an object. */
  "changes-webhooks": { kubeScore: [], checkov: ["CKV_K8S_155"] },
  /** A policy for pods that no program makes. */
  "no-pods": { kubeScore: ["networkpolicy-targets-pod"], checkov: [] },
  /** A port of every node leads to a Service. */
  "node-port": { kubeScore: ["service-type"], checkov: [] },
  /** A container on its node's own network, root with a capability for it. */
  "node-network": {
    kubeScore: ["container-security-context-user-group-id"],
    checkov: ["CKV_K8S_19", "CKV_K8S_23", "CKV_K8S_25", "CKV_K8S_40"],
  },
  /** A container that is root on its node. */
  privileged: {
    kubeScore: [
      "container-security-context-privileged",
      "container-security-context-readonlyrootfilesystem",
      "container-security-context-user-group-id",
    ],
    checkov: ["CKV_K8S_16", "CKV_K8S_20", "CKV_K8S_22", "CKV_K8S_23", "CKV_K8S_28", "CKV_K8S_37", "CKV_K8S_40"],
  },
} as const satisfies Record<string, { kubeScore: readonly string[]; checkov: readonly string[] }>;

export type Finding = keyof typeof findings;

/** Prefixes of the annotations that say what is accepted; the first is kube-score's own, the second checkov's. */
export const acceptedAnnotations = {
  kubeScore: "kube-score/ignore",
  checkov: "checkov.io/skip",
  reason: "accepted.guildnet.io/",
} as const;

/**
 * Annotations of an object in which findings stand, each with the reason why. They belong on the
 * object itself and not on the template of its pods, which would be started anew for them.
 *
 * A test runs both scanners over every object: it fails for a finding that no annotation names,
 * and for one that is named and no longer found.
 */
export function accepted(reasons: Partial<Record<Finding, string>>): Record<string, string> {
  const entries = Object.entries(reasons) as [Finding, string][];
  const kubeScore = entries.flatMap(([finding]) => findings[finding].kubeScore);
  // checkov takes what it finds before the one "=" for the check.
  const checkov = entries.flatMap(([finding, reason]) =>
    findings[finding].checkov.map((check) => `${check}=${reason.replaceAll("=", ":")}`),
  );
  return Object.fromEntries([
    ...entries.map(([finding, reason]) => [`${acceptedAnnotations.reason}${finding}`, reason] as const),
    ...(kubeScore.length === 0 ? [] : [[acceptedAnnotations.kubeScore, kubeScore.join(",")] as const]),
    ...checkov.map((skip, index) => [`${acceptedAnnotations.checkov}${index + 1}`, skip] as const),
  ]);
}
