import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { EVENTS_APP } from "./identity.ts";
import { CLIENT_PORT, HEALTH_PORT, paths } from "./settings.ts";

/** Whom its volume belongs to. */
export const EVENTS_USER = 65532;

export interface ResolvedEventBus {
  image: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  /** Changes when settings or the certificate do, which it reads at its start. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One server: its volume is writable by one pod at a time. Clients connect again by themselves. */
export function eventBusDeployment(v: ResolvedEventBus): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: EVENTS_APP, user: EVENTS_USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      terminationGracePeriodSeconds: 30,
      priorityClassName: v.priorityClass,
      containers: [container(v)],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "settings", configMap: { name: v.settings } },
        secretVolume("tls", v.tlsSecret),
      ],
    },
  );
}

function container(v: ResolvedEventBus): k8s.types.input.core.v1.Container {
  const healthy = (path: string) => ({ httpGet: { path, port: "health" } });
  return {
    name: "nats",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    // A name and no path: entry points differ between builds.
    command: ["nats-server"],
    args: ["--config", `${paths.settings}/server.json`, "--name", "nats"],
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
    // Ready once its streams are read: a large volume takes a while.
    startupProbe: { ...healthy("/healthz"), periodSeconds: 1, failureThreshold: 300 },
    readinessProbe: { ...healthy("/healthz?js-enabled-only=true"), periodSeconds: 5, failureThreshold: 2 },
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
