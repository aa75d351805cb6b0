import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";

export const BACKUP_SERVER_APP = "backup-server";
export const BACKUP_SERVER_PORT = 8000;
const USER = 65532;
const folders = { data: "/data", tls: "/etc/guildnet/tls", users: "/etc/guildnet/users" };

export interface ResolvedBackupServer {
  image: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** Names of the objects it mounts. */
  tlsSecret: pulumi.Input<string>;
  usersSecret: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  /** Changes when a mounted file does, so that the pod starts anew with it. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One replica on purpose: its volume is writable on one node. */
export function backupServerDeployment(v: ResolvedBackupServer): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: BACKUP_SERVER_APP, user: USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      terminationGracePeriodSeconds: 10,
      priorityClassName: v.priorityClass,
      containers: [container(v)],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        secretVolume("tls", v.tlsSecret),
        secretVolume("users", v.usersSecret),
      ],
    },
  );
}

function container(v: ResolvedBackupServer): k8s.types.input.core.v1.Container {
  // Every path of it asks for a password.
  const open = { tcpSocket: { port: "https" } };
  return {
    name: "rest-server",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    command: ["rest-server"],
    args: [
      "--path",
      folders.data,
      "--listen",
      `:${BACKUP_SERVER_PORT}`,
      "--private-repos",
      "--htpasswd-file",
      `${folders.users}/htpasswd`,
      "--tls",
      "--tls-cert",
      `${folders.tls}/tls.crt`,
      "--tls-key",
      `${folders.tls}/tls.key`,
    ],
    ports: [{ name: "https", containerPort: BACKUP_SERVER_PORT, protocol: "TCP" }],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "1", memory: "256Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { ...open, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...open, periodSeconds: 10, failureThreshold: 2 },
    livenessProbe: { ...open, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 3 },
    volumeMounts: [
      { name: "data", mountPath: folders.data },
      { name: "tls", mountPath: folders.tls, readOnly: true },
      { name: "users", mountPath: folders.users, readOnly: true },
    ],
  };
}
