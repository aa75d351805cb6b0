import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { HEADSCALE_PORT, paths, STUN_PORT } from "./headscale-settings.ts";

export const HEADSCALE_APP = "headscale";
/** Container the command line is run in for the first API key. */
export const HEADSCALE_CONTAINER = "headscale";
/** Whose the files on its volume are, readable for nobody else: another user would find itself without keys. */
export const HEADSCALE_USER = 1000;
const WATCHER_PORT = 8082;

export interface HeadscaleWorkload {
  image: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** Names of the objects it mounts. */
  config: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  stun: boolean;
  /** What notices that the mounted certificate is another than the server has; without it nothing does. */
  watcherImage?: pulumi.Input<string>;
  /** Changes when a mounted file does: the server reads them at its start alone. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/**
 * One replica, and the old pod gone before the new one starts: the database is SQLite in one
 * file, which two servers at once would spoil. A Deployment, not a StatefulSet, since that
 * gives a lone pod nothing but a name, and waits for ever behind a pod that never got ready.
 */
export function headscaleDeployment(v: HeadscaleWorkload): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: HEADSCALE_APP, user: HEADSCALE_USER, mountedVersion: v.mountedVersion, deadlineSeconds: 60 },
    {
      serviceAccountName: v.serviceAccount,
      terminationGracePeriodSeconds: 10,
      containers: [container(v), ...(v.watcherImage === undefined ? [] : [watcher(v.watcherImage)])],
      volumes: [
        { name: "config", configMap: { name: v.config } },
        secretVolume("tls", v.tlsSecret),
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "run", emptyDir: { sizeLimit: "1Mi" } },
        { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
      ],
    },
  );
}

function container(v: HeadscaleWorkload): k8s.types.input.core.v1.Container {
  const health = { path: "/health", port: "https", scheme: "HTTPS" };
  return {
    name: HEADSCALE_CONTAINER,
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    args: ["serve"],
    ports: [
      { name: "https", containerPort: HEADSCALE_PORT, protocol: "TCP" },
      ...(v.stun ? [{ name: "stun", containerPort: STUN_PORT, protocol: "UDP" }] : []),
    ],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "20m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "1", memory: "512Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: health, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe:
      v.watcherImage === undefined
        ? { httpGet: health, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 }
        : {
            httpGet: { path: "/certificate", port: WATCHER_PORT },
            periodSeconds: 10,
            timeoutSeconds: 5,
            failureThreshold: 3,
          },
    volumeMounts: [
      { name: "config", mountPath: paths.config, readOnly: true },
      { name: "tls", mountPath: paths.tls, readOnly: true },
      { name: "data", mountPath: paths.data },
      { name: "run", mountPath: paths.run },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** Asked by the kubelet whether the server answers with the certificate that is mounted. When not, the kubelet starts the server anew, and the pod stays. */
function watcher(image: pulumi.Input<string>): k8s.types.input.core.v1.Container {
  const environment = {
    GUILDNET_SERVER_PORT: String(HEADSCALE_PORT),
    GUILDNET_HEALTH_PORT: String(WATCHER_PORT),
    GUILDNET_TLS_DIR: paths.tls,
  };
  const live = { path: "/healthz", port: WATCHER_PORT };
  return {
    name: "certificate",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "certificate-check.mjs"],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "5m", memory: "48Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "200m", memory: "128Mi", "ephemeral-storage": "32Mi" },
    },
    startupProbe: { httpGet: live, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: live, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [{ name: "tls", mountPath: paths.tls, readOnly: true }],
  };
}
