import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { ExistingCluster, images, Workspace } from "../../components/index.ts";

const config = new pulumi.Config();
const endpoint = config.require("endpoint");
const cluster = new ExistingCluster("cluster", {
  kubeconfig: readFileSync(config.require("kubeconfigPath"), "utf8"),
  endpoint,
  identity: endpoint,
});

for (let number = 1; number <= config.requireNumber("count"); number++) {
  const name = `bench-${number}`;
  new Workspace(
    name,
    { owner: name, image: images.pause, keepData: false, labels: { bench: "workspaces" } },
    {
      provider: cluster.provider,
      transformations: [asleep],
    },
  );
}

/** Without pods, and without waiting: kubectl, which this is measured against, waits for nothing either. */
function asleep({
  type,
  props,
  opts,
}: pulumi.ResourceTransformationArgs): pulumi.ResourceTransformationResult | undefined {
  if (type !== "kubernetes:apps/v1:Deployment") return undefined;
  const deployment = props as { metadata: { annotations?: object }; spec: object };
  return {
    props: {
      ...deployment,
      metadata: {
        ...deployment.metadata,
        annotations: { ...deployment.metadata.annotations, "pulumi.com/skipAwait": "true" },
      },
      spec: { ...deployment.spec, replicas: 0 },
    },
    opts,
  };
}
