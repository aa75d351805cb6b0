import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector, label } from "../kube/labels.ts";
import { mountedVersion } from "../kube/metadata.ts";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { EVENTS_APP, EVENTS_SERVERS_APP, eventPods } from "./identity.ts";
import { CLIENT_PORT, HEALTH_PORT, paths, ROUTE_PORT } from "./settings.ts";

/** Whom its volume belongs to. */
export const EVENTS_USER = 65532;

export interface ResolvedEventBus {
  image: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  /** Changes when settings or the certificate do, which it reads at its start. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** One server: its volume is writable by one pod at a time. Clients connect again by themselves. */
export function eventBusDeployment(
  v: ResolvedEventBus & { claim: pulumi.Input<string> },
): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: EVENTS_APP, user: EVENTS_USER, mountedVersion: v.mountedVersion },
    {
      ...commonPod(v),
      containers: [
        {
          ...container(v),
          args: ["--config", `${paths.settings}/server.json`, "--name", "nats"],
          // Ready once its streams are read: a large volume takes a while.
          startupProbe: { ...healthy("/healthz"), periodSeconds: 1, failureThreshold: 300 },
          readinessProbe: { ...healthy("/healthz?js-enabled-only=true"), periodSeconds: 5, failureThreshold: 2 },
        },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: v.claim } }, ...volumes(v)],
    },
  );
}

/** Label of the pods of three servers that trust the same keys. */
const KEYS = "guildnet.io/keys";

export interface ResolvedServers extends ResolvedEventBus {
  /** Of the pods' names. */
  routes: pulumi.Input<string>;
  /** Secrets with the certificate of each to the others, in their order. */
  routeTlsSecrets: readonly pulumi.Input<string>[];
  /** The authority that signed those. A ConfigMap's name. */
  routeAuthority: pulumi.Input<string>;
  /** Another for other keys, as a label has it. */
  keys: pulumi.Input<string>;
  /** Of a volume that is not there. */
  storage: string;
  storageClass?: pulumi.Input<string>;
}

/**
 * Three servers with a volume each. All start at once, as none is well alone; one after the other starts anew, and the next
 * only when that one has what the others have. Those of other keys would not know each other: for them all end first, which
 * a selector that changes brings about.
 */
export function eventServersSet(v: ResolvedServers): k8s.types.input.apps.v1.StatefulSetSpec {
  const labels = { [KEYS]: v.keys };
  return {
    replicas: eventPods().length,
    serviceName: v.routes,
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "RollingUpdate" },
    revisionHistoryLimit: 1,
    selector: { matchLabels: { ...appSelector(EVENTS_SERVERS_APP), ...labels } },
    template: {
      metadata: {
        labels: { ...appLabels(EVENTS_SERVERS_APP), ...labels },
        annotations: mountedVersion(v.mountedVersion),
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(EVENTS_USER),
        affinity: apart,
        ...commonPod(v),
        containers: [serverOfThree(v)],
        volumes: [...volumes(v), routeTls(v)],
      },
    },
    // By these the set finds the claims, which are made, and grow, by themselves.
    volumeClaimTemplates: [
      {
        metadata: { name: "data", labels: { ...appLabels(EVENTS_SERVERS_APP), [label.data]: "kept" } },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: v.storageClass,
          resources: { requests: { storage: v.storage } },
        },
      },
    ],
  };
}

/** On nodes of their own where there are enough, so that a node which fails takes one along. */
const apart: k8s.types.input.core.v1.Affinity = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: "kubernetes.io/hostname",
          labelSelector: { matchLabels: appSelector(EVENTS_SERVERS_APP) },
        },
      },
    ],
  },
};

/** While nodes are emptied, one at a time: two would take the bus along. One that never got ready holds nobody up. */
export const disruptionBudget: k8s.types.input.policy.v1.PodDisruptionBudgetSpec = {
  maxUnavailable: 1,
  unhealthyPodEvictionPolicy: "AlwaysAllow",
  selector: { matchLabels: appSelector(EVENTS_SERVERS_APP) },
};

function serverOfThree(v: ResolvedServers): Container {
  const one = container(v);
  return {
    ...one,
    args: ["--config", `${paths.settings}/server.json`, "--name", "$(POD_NAME)"],
    env: [
      ...(one.env as pulumi.Input<k8s.types.input.core.v1.EnvVar>[]),
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
    ports: [
      ...(one.ports as pulumi.Input<k8s.types.input.core.v1.ContainerPort>[]),
      { name: "routes", containerPort: ROUTE_PORT, protocol: "TCP" },
    ],
    // Started once it has its part of every stream; ready while most of the servers are there, itself among them: nothing
    // is kept without. One that has no others to speak with is alive all the same.
    startupProbe: { ...healthy("/healthz"), periodSeconds: 1, failureThreshold: 300 },
    readinessProbe: { ...healthy("/healthz?js-meta-only=true"), periodSeconds: 5, failureThreshold: 2 },
    volumeMounts: [
      ...(one.volumeMounts as pulumi.Input<k8s.types.input.core.v1.VolumeMount>[]),
      // Its own alone of the three that are there.
      { name: "route-tls", mountPath: paths.routeTls, subPathExpr: "$(POD_NAME)", readOnly: true },
    ],
  };
}

function routeTls({ routeTlsSecrets, routeAuthority }: ResolvedServers): Volume {
  return {
    name: "route-tls",
    projected: {
      defaultMode: 0o440,
      sources: eventPods().flatMap((pod, index) => [
        {
          secret: {
            name: routeTlsSecrets[index],
            items: ["tls.crt", "tls.key"].map((key) => ({ key, path: `${pod}/${key}` })),
          },
        },
        { configMap: { name: routeAuthority, items: [{ key: "routes.crt", path: `${pod}/ca.crt` }] } },
      ]),
    },
  };
}

function commonPod(v: ResolvedEventBus) {
  return {
    serviceAccountName: v.serviceAccount,
    terminationGracePeriodSeconds: 30,
    priorityClassName: v.priorityClass,
  };
}

function volumes(v: ResolvedEventBus): Volume[] {
  return [{ name: "settings", configMap: { name: v.settings } }, secretVolume("tls", v.tlsSecret)];
}

function healthy(path: string) {
  return { httpGet: { path, port: "health" } };
}

function container(v: ResolvedEventBus): Container {
  return {
    name: "nats",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    // A name and no path: entry points differ between builds.
    command: ["nats-server"],
    // Less than the limit, so that it tidies up before it is ended.
    env: [{ name: "GOMEMLIMIT", value: "200MiB" }],
    ports: [
      { name: "nats", containerPort: CLIENT_PORT, protocol: "TCP" },
      { name: "health", containerPort: HEALTH_PORT, protocol: "TCP" },
    ],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "48Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "1", memory: "256Mi", "ephemeral-storage": "64Mi" },
    },
    livenessProbe: {
      ...healthy("/healthz?js-server-only=true"),
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "settings", mountPath: paths.settings, readOnly: true },
      { name: "tls", mountPath: paths.tls, readOnly: true },
    ],
  };
}
