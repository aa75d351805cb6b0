import * as k8s from "@pulumi/kubernetes";
import { EmbeddedCluster, images, Storage } from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("cluster", {
  apiPort: 8191,
  images: { provisioner: { reference: images.localPathProvisioner } },
});
const onCluster = { provider: cluster.provider, deletedWith: cluster.machine };

const storage = new Storage(
  "storage",
  {
    image: cluster.images["provisioner"] ?? images.localPathProvisioner,
    path: cluster.volumesPath,
  },
  onCluster,
);

/** A volume whose files are removed with it; `className` is the class whose files stay. */
const claim = new k8s.core.v1.PersistentVolumeClaim(
  "scratch",
  {
    // No pod uses it, so it stays pending: the class waits for the first one.
    metadata: { name: "scratch", namespace: "default", annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: storage.disposableClassName,
      resources: { requests: { storage: "1Gi" } },
    },
  },
  onCluster,
);

export const volume = claim.metadata.name;
