import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector, label } from "../kube/labels.ts";
import { mountedVersion } from "../kube/metadata.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";

/** Settings of local-path-provisioner: one folder for every node. */
export function provisionerConfig(path: string) {
  return { nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [path] }] };
}

/** A volume that was made as a file, once. */
const FILE = '"${VOL_DIR%/*}/.${VOL_DIR##*/}.ext4"';

/**
 * Run in a helper pod on the node. The folder is there already when a volume is found again.
 *
 * A folder of the node knows no fsGroup, and who will use it is not told: it is open to whoever it is mounted for. But
 * a workspace's home is its person's: git, tar and rsync want that, and others on the way to it may not look.
 */
export const setupScript = [
  "#!/bin/sh",
  "set -eu",
  // The node has mounted it, or said why it can't.
  `if [ -e ${FILE} ]; then exit; fi`,
  'mkdir -m 0777 -p "$VOL_DIR"',
  'case "$VOL_DIR" in */ws-*/home) if [ -O "$VOL_DIR" ]; then chmod 0700 "$VOL_DIR"; chown 1000:1000 "$VOL_DIR"; fi ;; esac',
  "",
].join("\n");

/** Run for volumes of the disposable class alone; the others are retained. */
export const teardownScript = [
  "#!/bin/sh",
  "set -eu",
  `file=${FILE}`,
  // The node removes what it has mounted.
  'if [ -e "$file" ]; then mv "$file" "$file.removed"; fi',
  'while [ -e "$file.removed" ]; do sleep 1; done',
  'rm -rf "$VOL_DIR"',
  "",
].join("\n");

/** Where an embedded node makes volumes that have a size of their own, for who comes into its mounts. */
const inNode = "exec nsenter -t 1 -m -- /run/guildnet/run/volume";

/** The same, for volumes that are files of their size: made, mounted and removed by the node's own script. */
export const reservedSetupScript = ["#!/bin/sh", "set -eu", `${inNode} make "$VOL_DIR" "$VOL_SIZE_BYTES"`, ""].join(
  "\n",
);
export const reservedTeardownScript = ["#!/bin/sh", "set -eu", `${inNode} remove "$VOL_DIR"`, ""].join("\n");

/**
 * The pod the provisioner runs those scripts in; it adds the volumes and the command.
 *
 * @param mounts whether they mount volumes, for which it takes a way to the node's first process.
 */
export function helperPod(image: string, mounts: boolean) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "helper-pod", labels: { [label.volumeHelper]: "true" } },
    spec: {
      priorityClassName: "system-node-critical",
      tolerations: [{ key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" }],
      automountServiceAccountToken: false,
      ...(mounts && { hostPID: true }),
      containers: [
        {
          name: "helper-pod",
          image,
          imagePullPolicy: "IfNotPresent",
          // What it said is to be had as long as the pod is: of its end the provisioner knows nothing but that it took too long.
          terminationMessagePolicy: "FallbackToLogsOnError",
          ...(mounts && { securityContext: { privileged: true } }),
        },
      ],
    },
  };
}

interface ProvisionerDeployment {
  app: string;
  image: pulumi.Input<string>;
  account: pulumi.Input<string>;
  /** Name of the ConfigMap, as the edge to it. */
  config: pulumi.Input<string>;
  /** Changes with what is in it, of which the provisioner reads some only when it starts. */
  mountedVersion: pulumi.Input<string>;
  /** The same name, for the command line. */
  configName: string;
  priorityClass?: pulumi.Input<string>;
}

/** One replica on purpose: it runs without leader election, and two would both make a volume. */
export function provisionerDeployment(v: ProvisionerDeployment): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    selector: { matchLabels: appSelector(v.app) },
    template: {
      metadata: { labels: appLabels(v.app), annotations: mountedVersion(v.mountedVersion) },
      spec: {
        serviceAccountName: v.account,
        priorityClassName: v.priorityClass,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: restrictedPod(65534),
        containers: [
          {
            name: v.app,
            image: v.image,
            imagePullPolicy: "IfNotPresent",
            // A name and no path: upstream's image has it in /usr/bin, and entry points differ between builds.
            command: ["local-path-provisioner"],
            args: [
              "start",
              "--config",
              "/etc/config/config.json",
              "--configmap-name",
              v.configName,
              "--service-account-name",
              v.app,
            ],
            env: [
              { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
              { name: "CONFIG_MOUNT_PATH", value: "/etc/config/" },
            ],
            securityContext: restrictedContainer,
            resources: {
              requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
              limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "64Mi" },
            },
            volumeMounts: [{ name: "config", mountPath: "/etc/config", readOnly: true }],
          },
        ],
        volumes: [{ name: "config", configMap: { name: v.config } }],
      },
    },
  };
}
