import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { roomFor } from "../backup/size.ts";
import type { BackupRoom } from "../backup/size.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import { GuildError } from "../kube/errors.ts";
import { proxyEnvironment, usedProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { appSelector, label } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import type { Internet } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { smaller } from "../kube/quantity.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { acceptedOfApps, APP_PORT, appDeployment, disruptionBudget } from "./app-deployment.ts";
import { placeMistakes, sizeMistakes } from "./checks.ts";
import type { WorkspacePort } from "./deployment.ts";
import { limits, personalPlace, portalRights } from "./personal-place.ts";
import { portalIdentity } from "./portal-identity.ts";
import type { PortalIdentity } from "./portal-identity.ts";
import { limitRangeSpec, quotaSpec } from "./quota.ts";
import { personalReach } from "./reach.ts";

/** Who may open an app: its owner, whoever is signed in at the portal, or everybody who reaches the portal. */
export const visibilities = ["private", "members", "public"] as const;
export type Visibility = (typeof visibilities)[number];

/** What `transform` changes. */
export interface AppChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  quota: k8s.core.v1.ResourceQuotaArgs;
  limits: k8s.core.v1.LimitRangeArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  "portal-role": k8s.rbac.v1.RoleArgs;
  "portal-binding": k8s.rbac.v1.RoleBindingArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  data: k8s.core.v1.PersistentVolumeClaimArgs;
  proxy: k8s.core.v1.SecretArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  disruptions: k8s.policy.v1.PodDisruptionBudgetArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface AppArgs {
  /** Handle of the person it belongs to. */
  owner: pulumi.Input<string>;
  /** Image to run: as a user other than root, with a root file system that is read-only but for /tmp. */
  image: pulumi.Input<string>;
  /** Port it serves HTTP at, 1024–65535: what is opened under its host name. */
  port: number;
  /** Further ports, each under `<port>--<name>.<apps domain>`. @default none */
  ports?: WorkspacePort[];
  /** Environment variables. Not for secrets: they can be read by whoever may read the Deployment. @default none */
  environment?: Record<string, pulumi.Input<string>>;
  /** What each of its pods may use, as Kubernetes quantities. @default half a core, 512Mi */
  resources?: { cpu?: string; memory?: string };
  /** Pods. @default 1 */
  replicas?: number;
  /** A volume of its own. @default none: what it writes is gone with its pod */
  storage?: AppStorage;
  /** StorageClass of the volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Who may open it. @default "private" */
  visibility?: Visibility;
  /** Number of the user it runs as, not 0. @default 1000 */
  user?: number;
  /** What it may reach outside of the cluster. @default false, nothing */
  internet?: Internet;
  /** The proxy by which it reaches the internet, where it has the internet. @default none */
  proxy?: Proxy;
  /** Further labels of its namespace and its pods. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.interactive`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed. To remove them with it, apply `false` first. @default true */
  keepData?: boolean;
  /** Whether a `Backup`'s job runs beside it, for which its quota has room then, and how much. @default false */
  backup?: boolean | BackupRoom;
  /** The portal that may read its state. @default the one of `Portal` */
  portal?: PortalIdentity;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<AppChildren>;
}

export interface AppStorage {
  /** As a Kubernetes quantity; it can grow, not shrink. */
  size: string;
  /** Folder where it is mounted, for instance "/data". */
  path: string;
}

/**
 * Any image as a web app of the guild, under a host name of its own. It is kept apart as a
 * workspace is: a namespace, quota, limits and network policies of its own, restricted Pod
 * Security, no token. The portal alone reaches it, and lets in whom `visibility` says.
 */
export class App extends pulumi.ComponentResource {
  /** Name of its namespace, `app-<name>`. */
  declare readonly namespace: pulumi.Output<string>;
  /** Its volume, where it has one: what `Backup` takes. */
  readonly volume?: BackupVolume;

  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    checkApp(name, args);
    super("guildnet:index:App", name, {}, transformed(name, args.transform, opts));
    const size = appSize(args),
      replicas = args.replicas ?? 1,
      user = args.user ?? 1000;
    const ports = [{ name: APP_PORT, port: args.port }, ...(args.ports ?? [])];
    // Without a volume there is nothing to keep.
    const data = retention(args.storage !== undefined && args.keepData !== false);
    const labels = args.labels ?? {},
      internet = args.internet ?? false,
      proxy = usedProxy(args.proxy, internet);
    const portal = args.portal ?? portalIdentity;
    const own = personalPlace(
      name,
      "app",
      { owner: args.owner, data, labels: { ...labels, [label.visibility]: args.visibility ?? "private" } },
      this,
    );
    this.namespace = own.namespace;
    if (args.storage !== undefined)
      this.volume = { namespace: this.namespace, claim: "data", user: args.user ?? 1000, workload: "app" };

    const beside = roomFor(args.backup);
    const quota = quotaSpec(size, { pods: replicas + 1, volumes: args.storage === undefined ? 0 : 1, beside });
    const guards = [
      ...limits(own, quota, limitRangeSpec(size, { beside })),
      ...networkPolicies(
        own,
        personalReach({
          portalNamespace: portal.namespace,
          ports: ports.map(({ port }) => port),
          internet,
          proxy: args.proxy,
        }),
      ),
    ];
    portalRights(own, portal);
    const account = powerlessAccount(own);
    const claim =
      args.storage &&
      volumeClaim(
        own,
        "data",
        { claim: "data", size: args.storage.size, storageClass: args.storageClass, data },
        guards,
      );
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(
          own,
          "app",
          acceptedOfApps({ user, ownUser: args.user !== undefined, replicas, volume: claim !== undefined, proxy }),
        ),
        spec: appDeployment({
          image: args.image,
          user,
          ports,
          environment: args.environment ?? {},
          size,
          replicas,
          labels,
          proxy: proxyEnvironment(own, proxy, args.environment ?? {}),
          priorityClass: args.priorityClass,
          serviceAccount: account.metadata.name,
          volume: args.storage && claim && { claim: claim.metadata.name, path: args.storage.path },
        }),
      },
      { parent: this, dependsOn: guards },
    );
    if (replicas > 1)
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-disruptions`,
        { metadata: metaIn(own, "app"), spec: disruptionBudget },
        { parent: this },
      );
    service(own, ports);
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** What one pod may use, and what is set aside for it. */
export function appSize({ resources = {}, storage }: Pick<AppArgs, "resources" | "storage">) {
  const cpu = resources.cpu ?? "500m",
    memory = resources.memory ?? "512Mi";
  return {
    cpu,
    memory,
    storage: storage?.size ?? "0",
    reserved: { cpu: smaller("20m", cpu), memory: smaller("64Mi", memory) },
  };
}

/** Below these no container starts. */
export const smallestApp = { cpu: "10m", memory: "16Mi" };
/** A volume of less is none. */
export const smallestVolume = "1Mi";

type Checked = Pick<
  AppArgs,
  "port" | "ports" | "environment" | "labels" | "resources" | "replicas" | "storage" | "user" | "proxy"
>;

/** What is wrong with an app's plain arguments; empty when nothing is. */
export function appMistakes(name: string, args: Checked): string[] {
  const mistakes = placeMistakes(name, args, { name: APP_PORT, port: args.port, whose: "its main one" });
  const { replicas = 1, storage, user = 1000 } = args;
  if (!Number.isInteger(replicas) || replicas < 1)
    mistakes.push(`replicas is ${replicas}, allowed are whole numbers from 1`);
  if (storage !== undefined && replicas > 1)
    mistakes.push(
      `storage with ${replicas} replicas: a volume is writable by one pod at a time, so set replicas to 1 or leave storage out`,
    );
  if (storage !== undefined && !APP_PATH.test(storage.path))
    mistakes.push(
      `storage.path is "${storage.path}", allowed is a folder such as "/data", not /tmp and none of the system's`,
    );
  mistakes.push(
    ...sizeMistakes(args.resources ?? {}, smallestApp),
    ...sizeMistakes({ size: storage?.size }, { size: smallestVolume }),
  );
  if (!Number.isInteger(user) || user < 1)
    mistakes.push(`user is ${user}, allowed are whole numbers from 1: no app runs as root`);
  return mistakes;
}

/**
 * A folder below the root that isn't /tmp, and hides nothing that an image, the kernel or the
 * kubelet has put into the container; Kubernetes takes no colon in it.
 */
export const APP_PATH =
  /^(?!\/(tmp|proc|sys|dev)(\/|$))(?!\/(etc|var|run|boot|(usr\/)?(bin|sbin|lib(32|64|x32)?)|usr)$)(?!\/etc\/(hosts|hostname|resolv\.conf)(\/|$))(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;

/** @throws GuildError with every mistake at once */
function checkApp(name: string, args: Checked): void {
  const mistakes = appMistakes(name, args);
  if (mistakes.length > 0) throw new GuildError("app-args", `app "${name}": ${mistakes.join("; ")}`);
}

function service(own: Place, ports: readonly WorkspacePort[]): void {
  new k8s.core.v1.Service(
    `${own.name}-service`,
    {
      // The Deployment is waited for; that says the same.
      metadata: metaIn(own, "app", unawaited),
      spec: {
        selector: appSelector("app"),
        ports: ports.map(({ name, port }) => ({ name, port, targetPort: name, protocol: "TCP" })),
      },
    },
    { parent: own.parent },
  );
}
