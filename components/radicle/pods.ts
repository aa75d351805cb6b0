import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { apiAccess, onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { RADICLE_APP, radicleHost } from "./identity.ts";
import { GIT_EVENTS_HEALTH_PORT, NODE_PORT, paths, PEOPLE_HEALTH_PORT, PEOPLE_PORT } from "./settings.ts";

/** Whom its volume belongs to. */
export const RADICLE_USER = 65532;

export interface ResolvedSeed {
  image: pulumi.Input<string>;
  peopleImage: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  /** What makes it the seed on the event bus. Undefined where the guild has none. */
  events: pulumi.Input<string> | undefined;
  /** Changes when settings, the certificate or that do, which are read at the start. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One node: its volume is writable by one pod at a time. Others connect again by themselves. */
export function seedDeployment(v: ResolvedSeed): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: RADICLE_APP, user: RADICLE_USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      terminationGracePeriodSeconds: 20,
      priorityClassName: v.priorityClass,
      ...(v.events !== undefined && { initContainers: [bringsGitEvents(v)] }),
      containers: [node(v), people(v), ...(v.events === undefined ? [] : [gitEvents(v)])],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
        { name: "settings", configMap: { name: v.settings } },
        secretVolume("tls", v.tlsSecret),
        // For what knows the people alone.
        apiAccess.volume,
        ...(v.events === undefined
          ? []
          : [secretVolume("events", v.events), { name: "programs", emptyDir: { sizeLimit: "16Mi" } }]),
      ],
    },
  );
}

/** Whether the node answers at its control socket, asked of what is beside it: a port that takes connections says less. */
const answers = { httpGet: { path: "/node", port: PEOPLE_HEALTH_PORT }, timeoutSeconds: 15 };

function node(v: ResolvedSeed): k8s.types.input.core.v1.Container {
  return {
    name: "radicle",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    command: ["tini", "--", "/usr/lib/guildnet/radicle/seed"],
    env: [{ name: "RAD_HOME", value: `${paths.data}/radicle` }],
    ports: [{ name: "radicle", containerPort: NODE_PORT, protocol: "TCP" }],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
      // git unpacks what is pushed in this container.
      limits: { cpu: "1", memory: "512Mi", "ephemeral-storage": "320Mi" },
    },
    startupProbe: { ...answers, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...answers, periodSeconds: 10, failureThreshold: 3 },
    livenessProbe: { ...answers, periodSeconds: 30, failureThreshold: 4 },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "tmp", mountPath: "/tmp" },
      { name: "settings", mountPath: paths.settings, readOnly: true },
    ],
  };
}

function people(v: ResolvedSeed): k8s.types.input.core.v1.Container {
  const health = { path: "/healthz", port: "people-health" };
  const environment = { GUILDNET_RADICLE_ADDRESS: `${radicleHost}:${NODE_PORT}`, RAD_HOME: `${paths.data}/radicle` };
  return {
    name: "people",
    image: v.peopleImage,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "--max-old-space-size=64", "radicle-people.mjs"],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [
      { name: "people", containerPort: PEOPLE_PORT, protocol: "TCP" },
      { name: "people-health", containerPort: PEOPLE_HEALTH_PORT, protocol: "TCP" },
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "5m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "500m", memory: "192Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: health, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { httpGet: health, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "tls", mountPath: paths.tls, readOnly: true },
      apiAccess.mount,
    ],
  };
}

/** The program is in the portal's image, and runs in Radicle's: it asks `rad` and `git`, which are there. */
function bringsGitEvents(v: ResolvedSeed): k8s.types.input.core.v1.Container {
  return {
    name: "git-events-program",
    image: v.peopleImage,
    imagePullPolicy: "IfNotPresent",
    command: ["cp", "git-events.mjs", paths.programs],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "5m", memory: "16Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "500m", memory: "64Mi", "ephemeral-storage": "32Mi" },
    },
    volumeMounts: [{ name: "programs", mountPath: paths.programs }],
  };
}

/** Tells on the event bus what people push, and what becomes of patches. While it can't, the seed is there all the same. */
function gitEvents(v: ResolvedSeed): k8s.types.input.core.v1.Container {
  const health = { path: "/healthz", port: "events-health" };
  const environment = {
    RAD_HOME: `${paths.data}/radicle`,
    GUILDNET_GIT_EVENTS_STATE: `${paths.data}/git-events`,
    GUILDNET_PEOPLE: `${paths.data}/people.json`,
    GUILDNET_EVENTS: paths.events,
    GUILDNET_GIT_EVENTS_HEALTH_PORT: String(GIT_EVENTS_HEALTH_PORT),
  };
  return {
    name: "git-events",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    command: ["tini", "--", "node", "--max-old-space-size=64", `${paths.programs}/git-events.mjs`],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [{ name: "events-health", containerPort: GIT_EVENTS_HEALTH_PORT, protocol: "TCP" }],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "5m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      // `rad` and `git` read in it what a patch says.
      limits: { cpu: "500m", memory: "256Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: health, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "tmp", mountPath: "/tmp" },
      { name: "programs", mountPath: paths.programs, readOnly: true },
      { name: "events", mountPath: paths.events, readOnly: true },
    ],
  };
}
