/** As whom kube-router comes to the API server, and what looks after the disk. */
export const kubeRouterUser = "system:kube-router",
  keeperUser = "guildnet:keeper";

const read = ["get", "list", "watch"];

/** What the node's own programs may, where Kubernetes has no role of its own for them: path below the API server → object. */
export const roles = {
  ...role(kubeRouterUser, [
    { apiGroups: [""], resources: ["nodes", "pods", "namespaces"], verbs: read },
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
    // Upstream's program watches these too, whatever it does.
    { apiGroups: [""], resources: ["services", "endpoints"], verbs: read },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  ]),
  ...role(keeperUser, [
    // It says that volumes have grown.
    { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["list", "patch"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims/status"], verbs: ["patch"] },
    // What the portal tells people of the machine.
    { apiGroups: [""], resources: ["configmaps"], resourceNames: ["machine"], verbs: ["create", "patch"] },
  ]),
};

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A role called after the user whose it is. */
function role(name: string, rules: readonly Rule[]) {
  return {
    [`/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`]: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules,
    },
    [`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${name}`]: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
    },
  };
}
