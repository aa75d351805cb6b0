import * as k8s from "@pulumi/kubernetes";
import { BatchSpace, EmbeddedCluster, Scheduling } from "../../components/index.ts"; // elsewhere: from "guildnet"

const cluster = new EmbeddedCluster("cluster", { apiPort: 8191 });
const onCluster = { provider: cluster.provider, deletedWith: cluster.machine };

const { classes } = new Scheduling("scheduling", {}, onCluster);
const space = new BatchSpace(
  "ada-batch",
  { owner: "ada", priorityClass: classes.batch, size: { cpu: "1", memory: "1Gi" } },
  onCluster,
);

/** A job that yields to whatever a person waits for. Suspended, as there is nothing for it to do. */
const job = new k8s.batch.v1.Job(
  "nightly",
  {
    metadata: { name: "nightly", namespace: space.namespace, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      suspend: true,
      template: {
        spec: {
          priorityClassName: classes.batch,
          restartPolicy: "Never",
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "work",
              image: "registry.k8s.io/pause:3.10.1",
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  },
  onCluster,
);

export const name = job.metadata.name;
