import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { MONITORING_APP, NODE_APP } from "./identity.ts";
import { files, paths, ports } from "./settings.ts";

/** Whom its volume belongs to. */
export const MONITORING_USER = 65532;

/** Where programs find what it takes to be somebody on the event bus. */
const EVENTS = "/etc/guildnet/events";

export interface ResolvedMonitoring {
  images: { metrics: pulumi.Input<string>; rules: pulumi.Input<string>; alerts: pulumi.Input<string> };
  priorityClass?: pulumi.Input<string>;
  /** As VictoriaMetrics has it: "30d". */
  retention: string;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  /** Undefined where the guild has no bus. */
  events: pulumi.Input<string> | undefined;
  /** Whether it tells when certificates end. */
  certificates: boolean;
  /** Namespaces of volumes whose backups it tells of. */
  backups: readonly pulumi.Input<string>[];
  /** Changes when settings do, which are read at the start. */
  mountedVersion: pulumi.Input<string>;
}

type Container = k8s.types.input.core.v1.Container;

/** One pod, as its volume is writable by one at a time. Its programs speak on its loopback, where nobody else is. */
export function monitoringDeployment(v: ResolvedMonitoring): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: MONITORING_APP, user: MONITORING_USER, mountedVersion: v.mountedVersion, deadlineSeconds: 300 },
    {
      serviceAccountName: v.serviceAccount,
      terminationGracePeriodSeconds: 30,
      priorityClassName: v.priorityClass,
      initContainers: [forget(v)],
      containers: [metrics(v), rules(v), alerts(v)],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: v.claim } },
        { name: "settings", configMap: { name: v.settings } },
        // For the programs that ask the cluster; the others have no token.
        { name: "account", projected: { defaultMode: 0o440, sources: accountFiles } },
        ...(v.events === undefined ? [] : [secretVolume("events", v.events)]),
      ],
    },
  );
}

const accountFiles = [
  { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
];

/** What all containers have. */
const common = { imagePullPolicy: "IfNotPresent", securityContext: restrictedContainer } as const;

/** Questions of the kubelet's are answered by the receiver of alerts: what listens on loopback it can't ask itself. */
const asked = (path: string) => ({ httpGet: { path, port: ports.health }, timeoutSeconds: 5 });
const alive = (path: string) => ({ ...asked(path), periodSeconds: 20, failureThreshold: 3 });

/**
 * Has VictoriaMetrics start without the caches of its last run. It would read them whole, which is 65 MB for the few figures
 * of a guild, and fills them by itself within a minute.
 */
function forget(v: ResolvedMonitoring): Container {
  return {
    ...common,
    name: "forget",
    image: v.images.alerts,
    command: ["rm", "-rf", `${paths.data}/metrics/cache`],
    resources: {
      requests: { cpu: "5m", memory: "8Mi", "ephemeral-storage": "1Mi" },
      limits: { cpu: "500m", memory: "32Mi", "ephemeral-storage": "8Mi" },
    },
    volumeMounts: [{ name: "data", mountPath: paths.data }],
  };
}

/**
 * How old a figure is before it is shown and judged. By themselves both programs wait for half a minute, lest one from another
 * machine is missed: so much later alerts would come and go.
 */
const SHOWN_AFTER = "5s";

function metrics(v: ResolvedMonitoring): Container {
  return {
    ...common,
    name: "victoria-metrics",
    image: v.images.metrics,
    args: [
      `-httpListenAddr=127.0.0.1:${ports.metrics}`,
      `-storageDataPath=${paths.data}/metrics`,
      `-retentionPeriod=${v.retention}`,
      `-promscrape.config=${paths.settings}/${files.scrape}`,
      "-memory.allowedBytes=32MB",
      `-search.latencyOffset=${SHOWN_AFTER}`,
    ],
    env: [
      // It has buffers of eight megabytes for each processor that it sees, and figures for half of one.
      { name: "GOMAXPROCS", value: "1" },
      // Of what the runtime has, which is not all: half as much again is its caches'.
      { name: "GOMEMLIMIT", value: "64MiB" },
    ],
    resources: {
      requests: { cpu: "20m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: "1", memory: "320Mi", "ephemeral-storage": "64Mi" },
    },
    // It reads its volume first, which takes a while where that is large.
    startupProbe: { ...asked("/victoria-metrics"), periodSeconds: 1, failureThreshold: 180 },
    readinessProbe: { ...asked("/gathers"), periodSeconds: 2, failureThreshold: 5 },
    livenessProbe: alive("/victoria-metrics"),
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      { name: "settings", mountPath: paths.settings, readOnly: true },
      { name: "account", mountPath: paths.account, readOnly: true },
    ],
  };
}

function rules(v: ResolvedMonitoring): Container {
  const server = `http://127.0.0.1:${ports.metrics}`;
  return {
    ...common,
    name: "vmalert",
    image: v.images.rules,
    args: [
      `-httpListenAddr=127.0.0.1:${ports.rules}`,
      `-rule=${paths.settings}/${files.rules}`,
      `-datasource.url=${server}`,
      // What it has found is kept beside the figures: since when something is wrong is known after a restart, too.
      `-remoteWrite.url=${server}`,
      `-remoteRead.url=${server}`,
      `-notifier.url=http://127.0.0.1:${ports.alerts}`,
      "-evaluationInterval=15s",
      `-rule.evalDelay=${SHOWN_AFTER}`,
      "-group.maxStartDelay=5s",
    ],
    resources: {
      requests: { cpu: "5m", memory: "24Mi", "ephemeral-storage": "8Mi" },
      limits: { cpu: "500m", memory: "96Mi", "ephemeral-storage": "64Mi" },
    },
    startupProbe: { ...asked("/vmalert"), periodSeconds: 1, failureThreshold: 180 },
    readinessProbe: { ...asked("/vmalert"), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: alive("/vmalert"),
    volumeMounts: [{ name: "settings", mountPath: paths.settings, readOnly: true }],
  };
}

/** Whether the receiver has something to tell for which it asks the cluster. */
export function tellsOfGuild({ certificates, backups }: Pick<ResolvedMonitoring, "certificates" | "backups">): boolean {
  return certificates || backups.length > 0;
}

function alerts(v: ResolvedMonitoring): Container {
  return {
    ...common,
    name: "alerts",
    image: v.images.alerts,
    command: ["node", "alerts.mjs"],
    env: [
      { name: "GUILDNET_CERTIFICATES", value: String(v.certificates) },
      { name: "GUILDNET_BACKUPS", value: pulumi.all([...v.backups]).apply((namespaces) => namespaces.join(" ")) },
      ...(v.events === undefined ? [] : [{ name: "GUILDNET_EVENTS", value: EVENTS }]),
    ],
    ports: [{ name: "health", containerPort: ports.health, protocol: "TCP" }],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: {
      requests: { cpu: "5m", memory: "48Mi", "ephemeral-storage": "8Mi" },
      limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "32Mi" },
    },
    startupProbe: { ...asked("/healthz"), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...asked("/readyz"), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: alive("/healthz"),
    volumeMounts: [
      { name: "data", mountPath: paths.data },
      ...(tellsOfGuild(v) ? [{ name: "account", mountPath: paths.account, readOnly: true }] : []),
      ...(v.events === undefined ? [] : [{ name: "events", mountPath: EVENTS, readOnly: true }]),
    ],
  };
}

export interface NodePod {
  image: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  priorityClass?: pulumi.Input<string>;
}

/** What of a node is told in its kernel's own words, which every container may read. */
const COLLECTORS = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "pressure", "stat", "uname", "vmstat"];

/**
 * A pod of each node that tells the node's figures. It needs nothing of its node but what every pod has: `/proc` shows
 * processors, memory and disks of the whole machine to all, and how full the node's disk is shows at an empty folder on it.
 */
export function nodeDaemonSet(v: NodePod): k8s.types.input.apps.v1.DaemonSetSpec {
  const answers = { httpGet: { path: "/", port: "metrics" } };
  return {
    selector: { matchLabels: appSelector(NODE_APP) },
    template: {
      metadata: { labels: appLabels(NODE_APP) },
      spec: {
        serviceAccountName: v.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        priorityClassName: v.priorityClass,
        nodeSelector: { "kubernetes.io/os": "linux" },
        // A node that takes no other pods has figures as well.
        tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
        terminationGracePeriodSeconds: 2,
        securityContext: restrictedPod(MONITORING_USER),
        containers: [
          {
            ...common,
            name: "node-exporter",
            image: v.image,
            args: [
              `--web.listen-address=:${ports.node}`,
              "--web.disable-exporter-metrics",
              "--collector.disable-defaults",
              ...COLLECTORS.map((collector) => `--collector.${collector}`),
              `--collector.filesystem.mount-points-include=^${paths.disk}$`,
            ],
            ports: [{ name: "metrics", containerPort: ports.node, protocol: "TCP" }],
            resources: {
              requests: { cpu: "5m", memory: "24Mi", "ephemeral-storage": "8Mi" },
              limits: { cpu: "250m", memory: "64Mi", "ephemeral-storage": "16Mi" },
            },
            startupProbe: { ...answers, periodSeconds: 1, failureThreshold: 60 },
            readinessProbe: { ...answers, periodSeconds: 10, failureThreshold: 3 },
            livenessProbe: { ...answers, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 3 },
            volumeMounts: [{ name: "disk", mountPath: paths.disk, readOnly: true }],
          },
        ],
        volumes: [{ name: "disk", emptyDir: { sizeLimit: "1Mi" } }],
      },
    },
  };
}
