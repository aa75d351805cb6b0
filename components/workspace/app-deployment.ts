import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { acceptedOfProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { LOWEST_FREE_USER, restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import type { WorkspacePort } from "./deployment.ts";

/** Name of the port that an app is there for: the portal serves it at the app's own host name. */
export const APP_PORT = "app";

export interface ResolvedApp {
  image: pulumi.Input<string>;
  user: number;
  /** Its main port first. */
  ports: readonly WorkspacePort[];
  environment: Record<string, pulumi.Input<string>>;
  /** Variables that tell of a proxy. */
  proxy: k8s.types.input.core.v1.EnvVar[];
  size: { cpu: string; memory: string; reserved: { cpu: string; memory: string } };
  replicas: number;
  labels: Record<string, pulumi.Input<string>>;
  priorityClass?: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** Its volume's claim and where it is mounted. */
  volume?: { claim: pulumi.Input<string>; path: string };
}

/** On nodes of their own where there are enough, so that a node which fails takes one along. */
const apart: k8s.types.input.core.v1.Affinity = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: appSelector("app") } },
      },
    ],
  },
};

/** While nodes are emptied, one pod at a time; one that never got ready holds nobody up. */
export const disruptionBudget: k8s.types.input.policy.v1.PodDisruptionBudgetSpec = {
  maxUnavailable: 1,
  unhealthyPodEvictionPolicy: "AlwaysAllow",
  selector: { matchLabels: appSelector("app") },
};

/** What scanners find in an app's Deployment, and why it stands. */
export function acceptedOfApps(v: {
  user: number;
  ownUser: boolean;
  replicas: number;
  volume: boolean;
  proxy?: Proxy;
}): Record<string, string> {
  return accepted({
    ...(v.user >= LOWEST_FREE_USER
      ? {}
      : { "low-user": v.ownUser ? "its image asks for this user" : "most images know this user" }),
    ...(v.replicas > 1 ? {} : { "single-replica": "one pod is what its owner asked for" }),
    ...(v.volume ? { recreated: "its volume is writable by one pod at a time" } : {}),
    ...acceptedOfProxy(v.proxy),
  });
}

export function appDeployment(v: ResolvedApp): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: v.replicas,
    // A volume is writable by one pod at a time; without one, the new pods are there before the old ones go.
    strategy:
      v.volume === undefined
        ? { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
        : { type: "Recreate" },
    revisionHistoryLimit: 1,
    // Its image may come from far away.
    progressDeadlineSeconds: 300,
    selector: { matchLabels: appSelector("app") },
    template: {
      metadata: { labels: { ...v.labels, ...appLabels("app") } },
      spec: {
        serviceAccountName: v.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        priorityClassName: v.priorityClass,
        terminationGracePeriodSeconds: 10,
        securityContext: restrictedPod(v.user),
        affinity: v.replicas > 1 ? apart : undefined,
        containers: [container(v)],
        volumes: [
          { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
          ...(v.volume === undefined ? [] : [{ name: "data", persistentVolumeClaim: { claimName: v.volume.claim } }]),
        ],
      },
    },
  };
}

function container(v: ResolvedApp): k8s.types.input.core.v1.Container {
  const open = { tcpSocket: { port: APP_PORT } };
  return {
    name: "app",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    env: [...v.proxy, ...Object.entries(v.environment).map(([name, value]) => ({ name, value }))],
    ports: v.ports.map(({ name, port }) => ({ name, containerPort: port, protocol: "TCP" })),
    securityContext: restrictedContainer,
    resources: {
      requests: { ...v.size.reserved, "ephemeral-storage": "16Mi" },
      limits: { cpu: v.size.cpu, memory: v.size.memory, "ephemeral-storage": "512Mi" },
    },
    startupProbe: { ...open, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...open, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...open, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(v.volume === undefined ? [] : [{ name: "data", mountPath: v.volume.path }]),
    ],
  };
}
