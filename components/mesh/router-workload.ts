import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { mountedVersion } from "../kube/metadata.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import type { HostAlias } from "./mesh.ts";
import { WIREGUARD_PORT } from "./reach.ts";

export const ROUTER_APP = "subnet-router";
const HEALTH_PORT = 9002;
/** Whose the files on its volume are, readable for nobody else: another user would find itself without keys. */
const USER = 1000;
/** Where the pod has what. */
const folders = {
  state: "/var/lib/tailscale",
  run: "/var/run/tailscale",
  key: "/etc/guildnet/mesh",
  authorities: "/etc/guildnet/authorities",
  settings: "/etc/guildnet/tailscaled",
};
const SETTINGS_FILE = "config.json";
/** Where Tailscale's own devices log in. */
export const TAILSCALE = "https://controlplane.tailscale.com";

/**
 * How packets leave the router. "userspace": it opens each connection anew by itself, without
 * any right. "kernel": Linux forwards them, at full speed and with any protocol, for which it
 * must be privileged.
 */
export type RouterMode = "userspace" | "kernel";

export interface ResolvedRouter {
  image: pulumi.Input<string>;
  mode: RouterMode;
  /** Name on the mesh. */
  hostname: pulumi.Input<string>;
  /** Networks, comma-separated. */
  routes: pulumi.Input<string>;
  /** Undefined for Tailscale's own. */
  loginServer?: pulumi.Input<string>;
  hostAliases: readonly HostAlias[];
  serviceAccount: pulumi.Input<string>;
  /** Names of the objects it mounts. */
  claim: pulumi.Input<string>;
  keySecret: pulumi.Input<string>;
  /** ConfigMap with a PEM to trust besides the system's authorities. */
  authorities?: pulumi.Input<string>;
  /** ConfigMap with what `routerSettings` returns. */
  settings: pulumi.Input<string>;
  /** Changes when that PEM or those settings do. */
  mountedVersion: pulumi.Input<string>;
}

/**
 * Files that tailscaled reads at its start, and takes for more than what its volume remembers: it asks where the login
 * server is now with the key that it has, and is the same device there. `tailscale up` alone would make it another one.
 * @see ipn/conf.go and ipn/ipnlocal/local.go, initPrefsFromConfig, of the release
 */
export function routerSettings(loginServer: string = TAILSCALE): Record<string, string> {
  // Unlocked: all else is containerboot's to say.
  return { [SETTINGS_FILE]: JSON.stringify({ version: "alpha0", Locked: false, ServerURL: loginServer }) };
}

/** One replica: the identity on its volume is one node's. */
export function routerDeployment(v: ResolvedRouter): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    revisionHistoryLimit: 1,
    // Joining takes some seconds; containerboot itself gives up after sixty and is started again.
    progressDeadlineSeconds: 180,
    selector: { matchLabels: appSelector(ROUTER_APP) },
    template: {
      metadata: { labels: appLabels(ROUTER_APP), annotations: mountedVersion(v.mountedVersion) },
      spec: {
        serviceAccountName: v.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 30,
        hostAliases: v.hostAliases.map(({ ip, hostnames }) => ({ ip, hostnames })),
        securityContext: v.mode === "kernel" ? { seccompProfile: { type: "RuntimeDefault" } } : restrictedPod(USER),
        containers: [container(v)],
        volumes: [
          { name: "state", persistentVolumeClaim: { claimName: v.claim } },
          { name: "key", secret: { secretName: v.keySecret, defaultMode: 0o440 } },
          { name: "settings", configMap: { name: v.settings } },
          ...(v.authorities === undefined ? [] : [{ name: "authorities", configMap: { name: v.authorities } }]),
          { name: "run", emptyDir: { sizeLimit: "1Mi" } },
          { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
        ],
      },
    },
  };
}

function container(v: ResolvedRouter): k8s.types.input.core.v1.Container {
  const health = { path: "/healthz", port: "health" };
  return {
    name: "tailscale",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    env: routerEnvironment(v),
    ports: [
      { name: "wireguard", containerPort: WIREGUARD_PORT, protocol: "UDP" },
      { name: "health", containerPort: HEALTH_PORT, protocol: "TCP" },
    ],
    // In kernel mode iptables wants to write its lock to /run.
    securityContext: v.mode === "kernel" ? { privileged: true, runAsUser: 0 } : restrictedContainer,
    resources: {
      requests: { cpu: "20m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "2", memory: "512Mi", "ephemeral-storage": "128Mi" },
    },
    startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 90 },
    readinessProbe: { httpGet: health, periodSeconds: 5, failureThreshold: 3 },
    // It has no address once its login has ended; started anew, it logs in with the key it then finds.
    livenessProbe: { httpGet: health, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: "state", mountPath: folders.state },
      { name: "key", mountPath: folders.key, readOnly: true },
      { name: "settings", mountPath: folders.settings, readOnly: true },
      ...(v.authorities === undefined ? [] : [{ name: "authorities", mountPath: folders.authorities, readOnly: true }]),
      { name: "run", mountPath: folders.run },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** What containerboot is told. @see cmd/containerboot/main.go of the release */
export function routerEnvironment(v: ResolvedRouter): k8s.types.input.core.v1.EnvVar[] {
  const environment: Record<string, pulumi.Input<string>> = {
    TS_USERSPACE: String(v.mode === "userspace"),
    // Below the volume's own folder: it sets the mode of this one, which only its owner may, and the volume's is root's.
    TS_STATE_DIR: `${folders.state}/node`,
    TS_SOCKET: `${folders.run}/tailscaled.sock`,
    // A volume remembers the login; by default it would log in anew, as another device, at every start.
    TS_AUTH_ONCE: "true",
    TS_AUTHKEY: `file:${folders.key}/auth-key`,
    TS_HOSTNAME: v.hostname,
    TS_ROUTES: v.routes,
    TS_ACCEPT_DNS: "false",
    TS_TAILSCALED_EXTRA_ARGS: `--port=${WIREGUARD_PORT} --config=${folders.settings}/${SETTINGS_FILE}`,
    TS_ENABLE_HEALTH_CHECK: "true",
    TS_LOCAL_ADDR_PORT: `0.0.0.0:${HEALTH_PORT}`,
    ...(v.loginServer === undefined
      ? {}
      : {
          // Said again, as `up` refuses to leave out what the settings say.
          TS_EXTRA_ARGS: pulumi.interpolate`--login-server=${v.loginServer}`,
          // A guild's own server is chosen so that nothing goes to Tailscale; without this the logs would.
          TS_NO_LOGS_NO_SUPPORT: "true",
        }),
    // A folder, not SSL_CERT_FILE: Go then reads it besides the system's authorities, not instead of them.
    ...(v.authorities === undefined ? {} : { SSL_CERT_DIR: folders.authorities }),
  };
  return [
    ...Object.entries(environment).map(([name, value]) => ({ name, value })),
    // Empty, so that state goes to the folder: by default it would go to a Secret, for which the pod would need rights.
    { name: "TS_KUBE_SECRET" },
  ];
}
