import { core, policy, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { LoadBalancer } from "./load-balancer.ts";

const metallb = (kind: string, name: string) => `kubernetes:metallb.io/v1beta1:${kind} ${name}`;

holdsToContract([
  {
    component: "LoadBalancer",
    make: (on, transform) =>
      new LoadBalancer(
        "it",
        {
          transform,
          pools: [{ name: "public", addresses: ["192.168.1.224/28"] }],
          cluster: { kubeconfig: "CANARY", endpoint: "https://10.0.0.1:6443" },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("to-api-server"),
      "guildnet:index:UpstreamManifest definitions",
      ...["controller", "speaker"].flatMap((program) => [
        core("ServiceAccount", `${program}-account`),
        rbac("Role", `${program}-role`),
        rbac("RoleBinding", `${program}-binding`),
        rbac("ClusterRole", `${program}-cluster-role`),
        rbac("ClusterRoleBinding", `${program}-cluster-binding`),
      ]),
      core("ConfigMap", "excluded"),
      "guildnet:index:RandomSecret memberlist-key",
      core("Secret", "memberlist"),
      "kubernetes:apps/v1:Deployment controller",
      "kubernetes:apps/v1:DaemonSet speaker",
      metallb("IPAddressPool", "pool-public"),
      metallb("L2Advertisement", "advertisement"),
    ],
    outputs: ["pools"],
    secret: [],
    canaries: ["CANARY", "random of it-"],
  },
]);
