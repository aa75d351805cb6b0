import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { BackupVolume } from "../kube/backup-volume.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import { GuildError } from "../kube/errors.ts";
import type { EventBusAccess, EventsJoined } from "../kube/event-access.ts";
import { contentVersion } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { OwnPlace, Place, Retention } from "../kube/place.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { MONITORING_APP, MONITORING_NAMESPACE, NODE_APP } from "./identity.ts";
import { MONITORING_USER, monitoringDeployment, nodeDaemonSet, tellsOfGuild } from "./pods.ts";
import { monitoringReach } from "./reach.ts";
import { clusterRights, findPods, letIn } from "./rights.ts";
import { alertRules, usualThresholds } from "./rules.ts";
import type { Thresholds } from "./rules.ts";
import { scrapeSettings } from "./scrape.ts";
import type { ScrapedPods } from "./scrape.ts";
import { files } from "./settings.ts";

/** What `transform` changes. */
export interface MonitoringChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  role: k8s.rbac.v1.ClusterRoleArgs;
  binding: k8s.rbac.v1.ClusterRoleBindingArgs;
  [role: `${string}-role`]: k8s.rbac.v1.RoleArgs;
  [binding: `${string}-binding`]: k8s.rbac.v1.RoleBindingArgs;
  settings: k8s.core.v1.ConfigMapArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  "events-access": k8s.core.v1.SecretArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  "node-account": k8s.core.v1.ServiceAccountArgs;
  nodes: k8s.apps.v1.DaemonSetArgs;
}

export interface MonitoringArgs {
  /** The cluster it looks at, and runs in. */
  cluster: Pick<ClusterAccess, "endpoint">;
  images: {
    /** @default upstream's VictoriaMetrics, vmalert and node_exporter */
    metrics?: pulumi.Input<string>;
    rules?: pulumi.Input<string>;
    node?: pulumi.Input<string>;
    /** Image of the portal, which has the receiver of alerts in it. */
    alerts: pulumi.Input<string>;
  };
  /** Programs of other systems that have figures to tell; their namespaces are there before. @default none */
  scraped?: readonly ScrapedPods[];
  /** Whether kubelets' certificates are of the cluster's authority, as an embedded node's is. Else any is believed, as usual. @default false */
  knownKubelets?: boolean;
  /** Whether certificates are cert-manager's, so that one which was not renewed is said. @default false */
  certificates?: boolean;
  /** Namespaces of volumes that are backed up, so that a backup which failed or is too old is said. @default none */
  backups?: readonly pulumi.Input<string>[];
  /** Where alerts are said, to admins. @default nowhere: they are in its log */
  events?: EventBusAccess;
  /** From when on something is wrong. @default `usualThresholds` */
  thresholds?: Partial<Thresholds>;
  /** How long figures stay, in days. @default 30 */
  retentionDays?: number;
  /** Size of its volume; it can grow, not shrink. @default "2Gi" */
  storage?: string;
  /** StorageClass of its volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<MonitoringChildren>;
}

/** Where a guild's figures are, for whoever looks whether its volume is there. */
const place = { namespace: MONITORING_NAMESPACE, claim: "data" } as const;

/**
 * What nodes, cluster and the guild's own programs tell of themselves, kept for weeks, and looked at for what is wrong:
 * VictoriaMetrics gathers, vmalert has the rules, and a receiver of our own says on the event bus when an alert begins or
 * ends. Nobody gets in: whoever looks at figures goes through the API server's port-forward, as an admin of the cluster.
 */
export class Monitoring extends pulumi.ComponentResource {
  static readonly place = place;
  /** What `Backup` takes. */
  readonly volume: BackupVolume;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    const scraped = args.scraped ?? [];
    checkNames(name, scraped);
    super(
      "guildnet:index:Monitoring",
      name,
      { reaches: "nobody; figures have a gap" },
      transformed(name, args.transform, opts),
    );
    const data = retention(args.keepData);
    const own = ownNamespace(name, { app: MONITORING_APP, ...namespaceOf(data) }, this);
    this.volume = { namespace: own.namespace, claim: place.claim, user: MONITORING_USER, workload: MONITORING_APP };
    const account = powerlessAccount(own).metadata.name;
    const { certificates = false, backups = [] } = args;
    clusterRights(own, account, { certificates, backups: backups.length > 0 });
    findPods(own, "nodes", account);
    for (const pods of scraped) letIn(own, pods, account);
    const bus = args.events?.join(own, { kind: "service", service: "alerts" });
    const guards = networkPolicies(own, monitoringReach(args.cluster.endpoint, scraped, bus?.reach));
    monitoringPod(own, args, { account, data, bus, guards });
    nodePods({ ...own, app: NODE_APP }, args, guards);
    this.registerOutputs({});
  }
}

function namespaceOf(data: Retention) {
  return { namespace: MONITORING_NAMESPACE, level: "restricted", data } as const;
}

/** @throws GuildError where two tell figures under one name */
function checkNames(name: string, scraped: readonly ScrapedPods[]): void {
  const names = scraped.map((pods) => pods.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice === undefined) return;
  throw new GuildError(
    "monitoring-args",
    `monitoring "${name}": scraped has "${twice}" twice, and figures are told apart by it; give each its own name`,
  );
}

interface Around {
  account: pulumi.Input<string>;
  data: Retention;
  bus: EventsJoined | undefined;
  guards: pulumi.Resource[];
}

/** Children `<name>-settings`, `<name>-data` and `<name>-deployment`. */
function monitoringPod(own: OwnPlace, args: MonitoringArgs, { account, data, bus, guards }: Around): void {
  const { scraped = [], knownKubelets = false, retentionDays = 30, storage = "2Gi", storageClass } = args;
  const told = { certificates: args.certificates ?? false, backups: args.backups ?? [] };
  const texts = {
    [files.scrape]: JSON.stringify(
      scrapeSettings({ pods: scraped, knownKubelets, guild: tellsOfGuild(told) || bus !== undefined }),
    ),
    [files.rules]: JSON.stringify(alertRules({ ...usualThresholds, ...args.thresholds })),
  };
  const settings = new k8s.core.v1.ConfigMap(
    `${own.name}-settings`,
    { metadata: metaIn(own, "settings"), data: texts },
    { parent: own.parent },
  );
  const claim = volumeClaim(own, "data", { claim: place.claim, size: storage, storageClass, data });
  const version = contentVersion(JSON.stringify(texts));
  new k8s.apps.v1.Deployment(
    `${own.name}-deployment`,
    {
      metadata: metaIn(own, MONITORING_APP),
      spec: monitoringDeployment({
        images: {
          metrics: args.images.metrics ?? images.victoriaMetrics.server,
          rules: args.images.rules ?? images.victoriaMetrics.rules,
          alerts: args.images.alerts,
        },
        priorityClass: args.priorityClass,
        retention: `${retentionDays}d`,
        serviceAccount: account,
        settings: settings.metadata.name,
        claim: claim.metadata.name,
        events: bus?.secret,
        ...told,
        mountedVersion: bus === undefined ? version : pulumi.interpolate`${version}-${bus.version}`,
      }),
    },
    { parent: own.parent, dependsOn: guards },
  );
}

/** Children `<name>-node-account` and `<name>-nodes`. */
function nodePods(nodes: Place, { images: given, priorityClass }: MonitoringArgs, guards: pulumi.Resource[]): void {
  const account = powerlessAccount({ ...nodes, name: `${nodes.name}-node` });
  new k8s.apps.v1.DaemonSet(
    `${nodes.name}-nodes`,
    {
      metadata: metaIn(nodes, NODE_APP),
      spec: nodeDaemonSet({
        image: given.node ?? images.nodeExporter,
        serviceAccount: account.metadata.name,
        priorityClass,
      }),
    },
    { parent: nodes.parent, dependsOn: guards },
  );
}
