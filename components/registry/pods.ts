import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { apiAccess, onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { maintenanceAt, paths, REGISTRY_PORT, TOKEN_HEALTH_PORT, TOKEN_PORT } from "./settings.ts";

/** Whom its volume belongs to. */
export const REGISTRY_USER = 65532;

export interface ResolvedRegistry {
  image: pulumi.Input<string>;
  tokenImage: pulumi.Input<string>;
  host: string;
  /** Hour of the day, UTC, at which nothing is pushed and garbage is collected. */
  maintenanceHour: number;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  signerSecret: pulumi.Input<string>;
  /** Whether the certificate changes while the pod runs. The registry reads it at its start alone. */
  renewed: boolean;
  claim: pulumi.Input<string>;
  /** Changes when settings or a certificate do, so that the pod starts anew with them. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One replica on purpose: its volume is writable on one node, and uploads under way are known to one process. */
export function registryDeployment(v: ResolvedRegistry): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: "registry", user: REGISTRY_USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      priorityClassName: v.priorityClass,
      containers: [registryContainer(v), tokenContainer(v)],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "settings", configMap: { name: v.settings, items: [{ key: "serve.json", path: "serve.json" }] } },
        secretVolume("tls", v.tlsSecret),
        {
          name: "trust",
          secret: { secretName: v.signerSecret, items: [{ key: "tls.crt", path: "tls.crt" }], defaultMode: 0o440 },
        },
        secretVolume("signer", v.signerSecret),
        // For the token server alone.
        apiAccess.volume,
      ],
    },
  );
}

function registryContainer(v: ResolvedRegistry): k8s.types.input.core.v1.Container {
  // Answered without a token.
  const root = { path: "/", port: "registry", scheme: "HTTPS" };
  // Asked of the token server: whether this container answers with the certificate that is mounted.
  const certificate = { path: "/certificate", port: TOKEN_HEALTH_PORT };
  return {
    name: "registry",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    // A name and no path: entry points differ between builds.
    command: ["registry"],
    args: ["serve", `${paths.settings}/serve.json`],
    env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
    ports: [{ name: "registry", containerPort: REGISTRY_PORT, protocol: "TCP" }],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "20m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "2", memory: "512Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { httpGet: root, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: root, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      httpGet: v.renewed ? certificate : root,
      periodSeconds: v.renewed ? 10 : 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "settings", mountPath: paths.settings, readOnly: true },
      { name: "tls", mountPath: paths.tls, readOnly: true },
      { name: "trust", mountPath: paths.trust, readOnly: true },
    ],
  };
}

function tokenContainer(v: ResolvedRegistry): k8s.types.input.core.v1.Container {
  const health = { path: "/readyz", port: "token-health" };
  const environment = {
    GUILDNET_REGISTRY_SERVICE: v.host,
    GUILDNET_REGISTRY_MAINTENANCE: maintenanceAt(v.maintenanceHour).window,
  };
  return {
    name: "tokens",
    image: v.tokenImage,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "registry-tokens.mjs"],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [
      { name: "tokens", containerPort: TOKEN_PORT, protocol: "TCP" },
      { name: "token-health", containerPort: TOKEN_HEALTH_PORT, protocol: "TCP" },
    ],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "500m", memory: "192Mi", "ephemeral-storage": "64Mi" },
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
      { name: "tls", mountPath: paths.tls, readOnly: true },
      { name: "signer", mountPath: paths.signer, readOnly: true },
      apiAccess.mount,
    ],
  };
}

/**
 * Removes, each day, what no tag leads to any more. It needs a registry to which nothing is
 * pushed (https://distribution.github.io/distribution/about/garbage-collection/): the token
 * server sees to that, so that pulling goes on. The registry's own command isn't used, as one
 * repository that it can't read, or none at all, ends it for everybody.
 */
export function collectorCronJob(v: ResolvedRegistry): k8s.types.input.batch.v1.CronJobSpec {
  const { schedule, deadlineSeconds } = maintenanceAt(v.maintenanceHour);
  return {
    schedule,
    timeZone: "Etc/UTC",
    concurrencyPolicy: "Forbid",
    // Late is never: the time in which nothing is pushed would be over.
    startingDeadlineSeconds: 60,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    jobTemplate: { spec: { backoffLimit: 0, activeDeadlineSeconds: deadlineSeconds, template: collectorPod(v) } },
  };
}

function collectorPod(v: ResolvedRegistry): k8s.types.input.core.v1.PodTemplateSpec {
  return {
    metadata: { labels: appLabels("registry-collector") },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: v.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: v.priorityClass,
      securityContext: restrictedPod(REGISTRY_USER),
      // Where the volume is: two pods of one node may have it at a time.
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: appSelector("registry") } },
          ],
        },
      },
      containers: [
        {
          name: "collect",
          image: v.tokenImage,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "registry-collector.mjs", paths.data],
          terminationMessagePolicy: "FallbackToLogsOnError",
          securityContext: restrictedContainer,
          resources: {
            requests: { cpu: "20m", memory: "64Mi", "ephemeral-storage": "16Mi" },
            limits: { cpu: "1", memory: "512Mi", "ephemeral-storage": "64Mi" },
          },
          volumeMounts: [{ name: "data", mountPath: paths.data }],
        },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: v.claim } }],
    },
  };
}
