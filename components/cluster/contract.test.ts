import { join } from "node:path";
import { core, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { ClusterDns } from "./dns.ts";
import { EmbeddedCluster } from "./embedded-cluster.ts";
import { ExistingCluster } from "./existing-cluster.ts";

const provider = "pulumi:providers:kubernetes kubernetes";

holdsToContract([
  {
    component: "EmbeddedCluster",
    make: (_, transform) =>
      new EmbeddedCluster("it", { transform, images: { tool: { reference: "example.org/tool:1" } } }),
    children: [
      "guildnet:index:EmbeddedNode node",
      "guildnet:index:NodeImage image-pause",
      "guildnet:index:NodeImage image-coredns",
      "guildnet:index:NodeImage image-tool",
      provider,
      "guildnet:index:ClusterDns dns",
    ],
    outputs: ["kubeconfig", "endpoint", "images"],
    secret: ["kubeconfig"],
    canaries: ["kubeconfig of the node"],
  },
  {
    component: "ExistingCluster",
    make: (_, transform) =>
      new ExistingCluster("it", {
        transform,
        kubeconfig: "CANARY",
        endpoint: "https://example.org",
        identity: "theirs",
        images: { tool: { context: join(import.meta.dirname, "..", "..", "images", "workspace") } },
        registry: { address: "registry.example.org", credentials: "guild:PASSWORD" },
      }),
    children: ["guildnet:index:PushedImage image-tool", provider],
    outputs: ["kubeconfig", "endpoint"],
    secret: ["kubeconfig"],
    canaries: ["CANARY", "PASSWORD"],
  },
  {
    component: "ClusterDns",
    make: (on, transform) =>
      new ClusterDns("it", { transform, image: "example.org/dns:1", serviceCidr: "10.96.0.0/16" }, { provider: on() }),
    children: [
      core("NamespacePatch", "namespace"),
      core("ServiceAccount", "account"),
      rbac("ClusterRole", "role"),
      rbac("ClusterRoleBinding", "binding"),
      core("ConfigMap", "config"),
      "kubernetes:networking.k8s.io/v1:NetworkPolicy network",
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
    ],
    outputs: ["address"],
    secret: [],
    canaries: [],
  },
]);
