import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { notesIdentity } from "./identity.ts";

export const NOTES_PORT = 8443;
const HEALTH_PORT = 8081;

/** Whom its volume belongs to. */
export const NOTES_USER = 65532;

/** Where the pod finds things: the server's own defaults. */
const paths = {
  data: "/var/lib/guildnet/notes",
  tls: "/etc/guildnet/tls",
  keys: "/etc/guildnet/keys",
  tokens: "/etc/guildnet/tokens",
  events: "/etc/guildnet/events",
};

export interface ResolvedNotes {
  image: pulumi.Input<string>;
  guildName: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  keys: pulumi.Input<string>;
  tokens: pulumi.Input<string>;
  /** With what it takes to be somebody on the event bus; undefined where there is none. */
  events: pulumi.Input<string> | undefined;
  /** Changes when what is read at the start alone does. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

const { app } = notesIdentity;

/** One replica on purpose: who edits a note at once meets in one process, and its volume is writable by one pod at a time. */
export function notesDeployment(v: ResolvedNotes): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app, user: NOTES_USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      // What people write is put into files and into git.
      terminationGracePeriodSeconds: 30,
      priorityClassName: v.priorityClass,
      containers: [container(v)],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
        secretVolume("tls", v.tlsSecret),
        secretVolume("keys", v.keys),
        secretVolume("tokens", v.tokens),
        ...(v.events === undefined ? [] : [secretVolume("events", v.events)]),
      ],
    },
  );
}

function container(v: ResolvedNotes): k8s.types.input.core.v1.Container {
  const health = { path: "/readyz", port: "health" };
  return {
    name: app,
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    // It is idle most of the day: smaller rather than faster by a little, which took a tenth off its memory.
    command: ["node", "--optimize-for-size", "server.mjs"],
    env: [
      { name: "GUILDNET_NAME", value: v.guildName },
      // Else each thread has memory of its own that it gives back late.
      { name: "MALLOC_ARENA_MAX", value: "2" },
      ...(v.events === undefined ? [] : [{ name: "GUILDNET_EVENTS", value: paths.events }]),
    ],
    ports: [
      { name: "notes", containerPort: NOTES_PORT, protocol: "TCP" },
      { name: "health", containerPort: HEALTH_PORT, protocol: "TCP" },
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "96Mi", "ephemeral-storage": "16Mi" },
      // Beside the server: git, which packs what somebody clones.
      limits: { cpu: "1", memory: "768Mi", "ephemeral-storage": "512Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { httpGet: health, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      httpGet: { ...health, path: "/healthz" },
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "tmp", mountPath: "/tmp" },
      { name: "tls", mountPath: paths.tls, readOnly: true },
      { name: "keys", mountPath: paths.keys, readOnly: true },
      { name: "tokens", mountPath: paths.tokens, readOnly: true },
      ...(v.events === undefined ? [] : [{ name: "events", mountPath: paths.events, readOnly: true }]),
    ],
  };
}
