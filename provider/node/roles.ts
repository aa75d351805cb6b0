/** As whom kube-router comes to the API server. */
export const kubeRouterUser = "system:kube-router";

const name = kubeRouterUser;
const read = ["get", "list", "watch"];

/** What the node's own programs may, where Kubernetes has no role of its own for them: path below the API server → object. */
export const roles = {
  [`/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`]: {
    apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name },
    rules: [
      { apiGroups: [""], resources: ["nodes", "pods", "namespaces"], verbs: read },
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
      // Upstream's program watches these too, whatever it does.
      { apiGroups: [""], resources: ["services", "endpoints"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ],
  },
  [`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${name}`]: {
    apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: kubeRouterUser }],
  },
} as const;
