import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ExistingCluster } from "../../components/index.ts"; // elsewhere: from "guildnet"

/** `pulumi config set --secret kubeconfig < ~/.kube/config` and `pulumi config set endpoint https://…` */
const config = new pulumi.Config();
const endpoint = config.require("endpoint");

/** `identity` stays the same for the cluster's life, so that a new kubeconfig replaces nothing. */
const cluster = new ExistingCluster("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"),
  endpoint,
  identity: endpoint,
});

/** Whatever a stack puts on the cluster takes its provider. */
const namespace = new k8s.core.v1.Namespace(
  "example",
  { metadata: { name: "example" } },
  { provider: cluster.provider },
);

export const name = namespace.metadata.name;
