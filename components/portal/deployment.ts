import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import type { PagesAccess } from "./pages.ts";

export const PORTAL_PORT = 8443;
/** Where whoever connects tells for which visitor. No policy lets anybody in but the node itself. */
export const ANNOUNCED_PORT = 8444;
/** Where what is published is served. A policy lets in the tunnel alone. */
export const PUBLISHED_PORT = 8445;
/** Where agents in workspaces ask. A policy lets in workspaces alone. */
export const TOOLS_PORT = 8446;
const HEALTH_PORT = 8081;
const USER = 65532;
const EVENTS_FOLDER = "/etc/guildnet/events";
const PAGES_FOLDER = "/etc/guildnet/pages";

export interface ResolvedPortal {
  image: pulumi.Input<string>;
  /** Where browsers find it, for instance "https://guildnet.localhost:8090". */
  origin: pulumi.Input<string>;
  appsDomain: pulumi.Input<string>;
  /** Its names on a mesh. */
  mesh?: { host: string; appsDomain: string };
  guildName?: pulumi.Input<string>;
  linkCommand?: pulumi.Input<string>;
  /** Handles, comma-separated. */
  admins: pulumi.Input<string>;
  /** Whether visitors come announced. */
  announced?: boolean;
  /** Of what is published: Secret with its certificate, and whether its visitors come announced. */
  published?: { tlsSecret: pulumi.Input<string>; announced: boolean };
  /** Secret with the certificate of what agents ask; undefined where none do. */
  toolsTlsSecret?: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  tlsSecret: pulumi.Input<string>;
  keysSecret: pulumi.Input<string>;
  /** With what it takes to read the event bus. It is read whenever it connects, so that no other content starts the pod anew. */
  eventsSecret?: pulumi.Input<string>;
  /** Systems' pages that it leads to. */
  pages?: PagesAccess;
  /** Changes when a mounted certificate or key does, so that the pod starts anew with it. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One replica on purpose: sign-in links are used up in its memory. */
export function deploymentSpec(v: ResolvedPortal): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: "portal", user: USER, mountedVersion: v.mountedVersion, deadlineSeconds: 60 },
    {
      serviceAccountName: v.serviceAccount,
      priorityClassName: v.priorityClass,
      // It reads the state of workspaces from the API server.
      automountServiceAccountToken: true,
      containers: [container(v)],
      volumes: [
        secretVolume("tls", v.tlsSecret),
        secretVolume("keys", v.keysSecret),
        ...(v.published === undefined ? [] : [secretVolume("published-tls", v.published.tlsSecret)]),
        ...(v.toolsTlsSecret === undefined ? [] : [secretVolume("tools-tls", v.toolsTlsSecret)]),
        ...(v.eventsSecret === undefined ? [] : [secretVolume("events", v.eventsSecret)]),
        ...(v.pages === undefined ? [] : [secretVolume("pages", v.pages.secret)]),
        { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
      ],
    },
  );
}

function container(v: ResolvedPortal): k8s.types.input.core.v1.Container {
  const environment = {
    GUILDNET_ORIGIN: v.origin,
    GUILDNET_APPS_DOMAIN: v.appsDomain,
    GUILDNET_ADMINS: v.admins,
    GUILDNET_LISTEN: `0.0.0.0:${PORTAL_PORT}`,
    ...(v.announced === true ? { GUILDNET_ANNOUNCED_LISTEN: `0.0.0.0:${ANNOUNCED_PORT}` } : {}),
    ...(v.published === undefined
      ? {}
      : {
          GUILDNET_PUBLISHED_LISTEN: `0.0.0.0:${PUBLISHED_PORT}`,
          GUILDNET_PUBLISHED_ANNOUNCED: String(v.published.announced),
        }),
    ...(v.toolsTlsSecret === undefined ? {} : { GUILDNET_TOOLS_LISTEN: `0.0.0.0:${TOOLS_PORT}` }),
    ...(v.eventsSecret === undefined ? {} : { GUILDNET_EVENTS_DIR: EVENTS_FOLDER }),
    ...(v.pages === undefined ? {} : { GUILDNET_PAGES: v.pages.list, GUILDNET_PAGES_DIR: PAGES_FOLDER }),
    ...(v.mesh === undefined
      ? {}
      : { GUILDNET_MESH_ORIGIN: `https://${v.mesh.host}`, GUILDNET_MESH_APPS_DOMAIN: v.mesh.appsDomain }),
    ...(v.guildName === undefined ? {} : { GUILDNET_NAME: v.guildName }),
    ...(v.linkCommand === undefined ? {} : { GUILDNET_LINK_COMMAND: v.linkCommand }),
  };
  const live = { path: "/healthz", port: "health" };
  return {
    name: "portal",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [
      { name: "https", containerPort: PORTAL_PORT, protocol: "TCP" },
      ...(v.announced === true ? [{ name: "announced", containerPort: ANNOUNCED_PORT, protocol: "TCP" }] : []),
      ...(v.published === undefined ? [] : [{ name: "published", containerPort: PUBLISHED_PORT, protocol: "TCP" }]),
      ...(v.toolsTlsSecret === undefined ? [] : [{ name: "tools", containerPort: TOOLS_PORT, protocol: "TCP" }]),
      { name: "health", containerPort: HEALTH_PORT, protocol: "TCP" },
    ],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "2", memory: "512Mi", "ephemeral-storage": "128Mi" },
    },
    startupProbe: { httpGet: live, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { httpGet: live, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: "tls", mountPath: "/etc/guildnet/tls", readOnly: true },
      { name: "keys", mountPath: "/etc/guildnet/keys", readOnly: true },
      ...(v.published === undefined
        ? []
        : [{ name: "published-tls", mountPath: "/etc/guildnet/published-tls", readOnly: true }]),
      ...(v.toolsTlsSecret === undefined
        ? []
        : [{ name: "tools-tls", mountPath: "/etc/guildnet/tools-tls", readOnly: true }]),
      ...(v.eventsSecret === undefined ? [] : [{ name: "events", mountPath: EVENTS_FOLDER, readOnly: true }]),
      ...(v.pages === undefined ? [] : [{ name: "pages", mountPath: PAGES_FOLDER, readOnly: true }]),
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}
