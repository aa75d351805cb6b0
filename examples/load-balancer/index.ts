import * as k8s from "@pulumi/kubernetes";
import { EmbeddedCluster, images, LoadBalancer, POOL_ANNOTATION } from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("cluster", {
  apiPort: 8191,
  lanCidr: "192.168.77.0/24",
  images: { controller: { reference: images.metallb.controller }, speaker: { reference: images.metallb.speaker } },
});
const onCluster = { provider: cluster.provider, deletedWith: cluster.machine };

const { pools } = new LoadBalancer(
  "load-balancer",
  {
    cluster,
    interfaces: [cluster.lanInterface],
    failover: false, // there is one node
    images: { controller: cluster.images["controller"], speaker: cluster.images["speaker"] },
    pools: [
      { name: "public", addresses: ["192.168.77.16/28"] },
      { name: "inside", addresses: ["192.168.77.40-192.168.77.50"], autoAssign: false },
    ],
  },
  onCluster,
);

/** Has no pods, so nobody announces its address, but it gets one. */
const service = new k8s.core.v1.Service(
  "door",
  {
    metadata: {
      name: "door",
      namespace: "default",
      annotations: {
        [POOL_ANNOTATION]: pools[1] ?? "inside",
        "guildnet.io/exposed": "to show a load balancer",
        "pulumi.com/skipAwait": "true",
      },
    },
    spec: { type: "LoadBalancer", selector: { app: "door" }, ports: [{ port: 80, protocol: "TCP" }] },
  },
  onCluster,
);

export const name = service.metadata.name;
