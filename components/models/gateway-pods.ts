import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { GATEWAY_HEALTH_PORT, GATEWAY_METRICS_PORT, GATEWAY_PORT, gatewayPaths } from "./gateway-settings.ts";
import { modelGatewayIdentity } from "./model-server.ts";

const GATEWAY_USER = 65532;

export interface ResolvedGateway {
  image: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  /** Undefined where no server wants a key. */
  keys: pulumi.Input<string> | undefined;
  /** Undefined where the guild has no bus. */
  events: pulumi.Input<string> | undefined;
  /** Changes when settings or a certificate do, so that the pod starts anew with them. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

const { app } = modelGatewayIdentity;

export function gatewayDeployment(v: ResolvedGateway): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app, user: GATEWAY_USER, mountedVersion: v.mountedVersion, overlapping: true },
    {
      serviceAccountName: v.serviceAccount,
      // Workspaces' tokens are looked up with it.
      automountServiceAccountToken: true,
      // Answers that are under way are waited for.
      terminationGracePeriodSeconds: 30,
      priorityClassName: v.priorityClass,
      containers: [container(v)],
      volumes: [
        { name: "settings", configMap: { name: v.settings } },
        secretVolume("tls", v.tlsSecret),
        ...(v.keys === undefined ? [] : [secretVolume("keys", v.keys)]),
        ...(v.events === undefined ? [] : [secretVolume("events", v.events)]),
      ],
    },
  );
}

function container(v: ResolvedGateway): k8s.types.input.core.v1.Container {
  const health = { path: "/readyz", port: "health" };
  return {
    name: app,
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "model-gateway.mjs"],
    env: v.events === undefined ? [] : [{ name: "GUILDNET_EVENTS", value: gatewayPaths.events }],
    ports: [
      { name: "gateway", containerPort: GATEWAY_PORT, protocol: "TCP" },
      { name: "health", containerPort: GATEWAY_HEALTH_PORT, protocol: "TCP" },
      { name: "metrics", containerPort: GATEWAY_METRICS_PORT, protocol: "TCP" },
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "80Mi", "ephemeral-storage": "16Mi" },
      // Questions of up to 16 MiB, several at once, are held until their server has them.
      limits: { cpu: "1", memory: "512Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: health, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      httpGet: { ...health, path: "/healthz" },
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: "settings", mountPath: gatewayPaths.settings, readOnly: true },
      { name: "tls", mountPath: gatewayPaths.tls, readOnly: true },
      ...(v.keys === undefined ? [] : [{ name: "keys", mountPath: gatewayPaths.keys, readOnly: true }]),
      ...(v.events === undefined ? [] : [{ name: "events", mountPath: gatewayPaths.events, readOnly: true }]),
    ],
  };
}
