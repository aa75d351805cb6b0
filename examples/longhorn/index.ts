import * as pulumi from "@pulumi/pulumi";
import { ExistingCluster, Longhorn, longhornMachine, Workspace } from "../../components/index.ts"; // elsewhere: from "guildnet"

/** `pulumi config set --secret kubeconfig < ~/.kube/config`, `pulumi config set endpoint https://…`, `pulumi config set --secret bucketKey …` */
const config = new pulumi.Config();
const endpoint = config.require("endpoint");
const cluster = new ExistingCluster("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"),
  endpoint,
  identity: endpoint,
});

/** Where Talos machines mount the disk that volumes are for. */
const dataPath = "/var/mnt/longhorn";

const storage = new Longhorn(
  "storage",
  {
    dataPath,
    snapshots: { cron: "0 * * * *", retain: 24 },
    backup: {
      url: "s3://volumes@eu-central-1/guild/",
      cron: "0 3 * * *",
      retain: 14,
      accessKeyId: "AKIAEXAMPLE",
      secretAccessKey: config.requireSecret("bucketKey"),
    },
  },
  { provider: cluster.provider },
);

/** On the kept class: it is among what is backed up. */
const workspace = new Workspace(
  "ada",
  { owner: "ada", image: "registry.example.org/workspace:1", storageClass: storage.className },
  { provider: cluster.provider },
);

export const namespace = workspace.namespace;
/** For `talosctl patch machineconfig`, and for the image of the machines. */
export const machine = longhornMachine(dataPath);
