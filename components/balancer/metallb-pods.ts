import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";

export const CONTROLLER_APP = "metallb-controller";
export const SPEAKER_APP = "metallb-speaker";

const METRICS_PORT = 7472;
const NOBODY = 65534;

/** Names of the objects that MetalLB's pods refer to. */
export interface MetallbPod {
  image: pulumi.Input<string>;
  account: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
}

export interface SpeakerPod extends MetallbPod {
  /** ConfigMap with the interfaces that addresses are never announced on. */
  excluded: pulumi.Input<string>;
  /** Secret by which speakers find each other; undefined where there is one node. */
  memberlist?: pulumi.Input<string>;
}

const resources = {
  requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
  limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "64Mi" },
};

/** Gives out the addresses. One replica on purpose: two would give one address to two Services. */
export function controllerDeployment({
  image,
  account,
  priorityClass,
}: MetallbPod): k8s.types.input.apps.v1.DeploymentSpec {
  const metrics = { path: "/metrics", port: METRICS_PORT };
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    revisionHistoryLimit: 1,
    selector: { matchLabels: appSelector(CONTROLLER_APP) },
    template: {
      metadata: { labels: appLabels(CONTROLLER_APP) },
      spec: {
        serviceAccountName: account,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        priorityClassName: priorityClass,
        securityContext: restrictedPod(NOBODY),
        containers: [
          {
            name: "controller",
            image,
            imagePullPolicy: "IfNotPresent",
            // Without the webhook, which would need the right to change webhooks and CRDs: pools are checked by the component.
            args: [`--port=${METRICS_PORT}`, "--log-level=info", "--webhook-mode=disabled"],
            securityContext: restrictedContainer,
            resources,
            readinessProbe: { httpGet: metrics, periodSeconds: 1, failureThreshold: 30 },
            livenessProbe: { httpGet: metrics, initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 5 },
          },
        ],
      },
    },
  };
}

/**
 * Answers ARP for the addresses, on the nodes' own network, through raw sockets: what
 * *restricted* refuses of it is that, and root, without whom a container has no capability.
 */
export function speakerDaemonSet(v: SpeakerPod): k8s.types.input.apps.v1.DaemonSetSpec {
  // On loopback, as the port is one of the node; the kubelet is on the same network.
  const metrics = { host: "127.0.0.1", path: "/metrics", port: METRICS_PORT };
  return {
    selector: { matchLabels: appSelector(SPEAKER_APP) },
    template: {
      metadata: { labels: appLabels(SPEAKER_APP) },
      spec: {
        serviceAccountName: v.account,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        priorityClassName: v.priorityClass,
        hostNetwork: true,
        nodeSelector: { "kubernetes.io/os": "linux" },
        tolerations: ["master", "control-plane"].map((role) => ({
          key: `node-role.kubernetes.io/${role}`,
          operator: "Exists",
          effect: "NoSchedule",
        })),
        terminationGracePeriodSeconds: 2,
        securityContext: { runAsUser: 0, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "speaker",
            image: v.image,
            imagePullPolicy: "IfNotPresent",
            args: [`--port=${METRICS_PORT}`, "--host=127.0.0.1", "--log-level=info"],
            env: [
              fromField("METALLB_NODE_NAME", "spec.nodeName"),
              fromField("METALLB_POD_NAME", "metadata.name"),
              ...(v.memberlist === undefined ? [] : memberlistEnvironment),
            ],
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"], add: ["NET_RAW"] },
            },
            resources,
            readinessProbe: { httpGet: metrics, periodSeconds: 1, failureThreshold: 30 },
            livenessProbe: { httpGet: metrics, initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 5 },
            volumeMounts: [
              { name: "excluded", mountPath: "/etc/metallb", readOnly: true },
              ...(v.memberlist === undefined
                ? []
                : [{ name: "memberlist", mountPath: MEMBERLIST_PATH, readOnly: true }]),
            ],
          },
        ],
        volumes: [
          { name: "excluded", configMap: { name: v.excluded } },
          ...(v.memberlist === undefined
            ? []
            : [{ name: "memberlist", secret: { secretName: v.memberlist, defaultMode: 0o400 } }]),
        ],
      },
    },
  };
}

const MEMBERLIST_PATH = "/etc/ml_secret_key";

const memberlistEnvironment = [
  fromField("METALLB_ML_BIND_ADDR", "status.podIP"),
  { name: "METALLB_ML_LABELS", value: `app.kubernetes.io/name=${SPEAKER_APP}` },
  { name: "METALLB_ML_SECRET_KEY_PATH", value: MEMBERLIST_PATH },
];

function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/**
 * Interfaces of pods and containers, on which an answer would reach nobody or the wrong one;
 * upstream's list. Read by the speaker as YAML, of which JSON is a part.
 */
export const excludedInterfaces = {
  "excludel2.yaml": JSON.stringify({
    announcedInterfacesToExclude: [
      "docker",
      "cbr",
      "dummy",
      "virbr",
      "lxcbr",
      "veth",
      "lo$",
      "cali",
      "tunl",
      "flannel",
      "kube-ipvs",
      "cni",
      "nodelocaldns",
    ].map((name) => `^${name}`),
  }),
};
