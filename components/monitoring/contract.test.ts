import { core, policy, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { Monitoring } from "./monitoring.ts";

holdsToContract([
  {
    component: "Monitoring",
    make: (on, transform) =>
      new Monitoring(
        "it",
        {
          transform,
          cluster: { endpoint: "https://10.0.0.1:6443" },
          images: { alerts: "example.org/portal:1" },
          scraped: [{ name: "gateway", namespace: "guildnet-models", app: "model-gateway", port: 9090 }],
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      rbac("ClusterRole", "role"),
      rbac("ClusterRoleBinding", "binding"),
      rbac("Role", "nodes-role"),
      rbac("RoleBinding", "nodes-binding"),
      rbac("Role", "gateway-role"),
      rbac("RoleBinding", "gateway-binding"),
      ...["gateway", "deny-all", "to-dns", "to-api-server", "to-kubelets", "to-nodes-figures", "nodes-figures"].map(
        policy,
      ),
      policy("to-figures"),
      core("ConfigMap", "settings"),
      core("PersistentVolumeClaim", "data"),
      "kubernetes:apps/v1:Deployment deployment",
      core("ServiceAccount", "node-account"),
      "kubernetes:apps/v1:DaemonSet nodes",
    ],
    outputs: [],
    secret: [],
    canaries: [],
  },
]);
