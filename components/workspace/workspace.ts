import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import { roomFor } from "../backup/size.ts";
import type { BackupRoom } from "../backup/size.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { Attached, WorkspaceAttachment } from "../kube/attachment.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import { acceptedOfProxy, proxyEnvironment, usedProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { appSelector } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import type { Internet } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { metaIn, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { checkWorkspace } from "./checks.ts";
import { deploymentSpec, servicePorts, WORKSPACE_USER } from "./deployment.ts";
import type { ResolvedWorkspace, WorkspacePort } from "./deployment.ts";
import { ideAccess } from "./ide-access.ts";
import { limits, personalPlace, portalRights } from "./personal-place.ts";
import { portalIdentity } from "./portal-identity.ts";
import type { PortalIdentity } from "./portal-identity.ts";
import { sizeOf } from "./presets.ts";
import type { PresetName, WorkspaceSize } from "./presets.ts";
import { limitRangeSpec, quotaSpec, withCompanions } from "./quota.ts";
import { personalReach } from "./reach.ts";

/** What `transform` changes. */
export interface WorkspaceChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  quota: k8s.core.v1.ResourceQuotaArgs;
  limits: k8s.core.v1.LimitRangeArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  "portal-role": k8s.rbac.v1.RoleArgs;
  "portal-binding": k8s.rbac.v1.RoleBindingArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  home: k8s.core.v1.PersistentVolumeClaimArgs;
  "ide-access": k8s.core.v1.SecretArgs;
  proxy: k8s.core.v1.SecretArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface WorkspaceArgs {
  /** Handle of the person it belongs to; the portal lets nobody else in. */
  owner: pulumi.Input<string>;
  /** Image with the IDE, listening at 8080 as user 1000. */
  image: pulumi.Input<string>;
  /** Size by name. @default "standard" */
  preset?: PresetName;
  /** Sizes that differ from the preset's: at least `smallest`. */
  resources?: Partial<WorkspaceSize>;
  /** StorageClass of the home volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Environment variables. Not for secrets: they can be read by whoever may read the Deployment. @default none */
  environment?: Record<string, pulumi.Input<string>>;
  /** Ports the portal may reach beside the IDE. @default none */
  ports?: WorkspacePort[];
  /** Git repository with the person's dotfiles, installed at first start. @default none */
  dotfiles?: pulumi.Input<string>;
  /** Labels a node must have to run it. @default any node */
  nodeSelector?: Record<string, pulumi.Input<string>>;
  /** Further labels of its namespace and its pod. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** What it may reach outside of the cluster. @default true, the internet without private networks */
  internet?: Internet;
  /** The proxy by which it reaches the internet, where it has the internet. @default none */
  proxy?: Proxy;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.interactive`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** What systems give it, for instance `registryAttachment(registry)`, by which it may push images. @default nothing */
  attachments?: readonly WorkspaceAttachment[];
  /** Whether a `Backup`'s job runs beside it, for which its quota has room then, and how much. @default false */
  backup?: boolean | BackupRoom;
  /**
   * Whether namespace and home volume stay when it is removed. A workspace of the same
   * name takes them over again. To remove them with it, apply `false` first, then remove it.
   * @default true
   */
  keepData?: boolean;
  /** The portal that may read its state. @default the one of `Portal` */
  portal?: PortalIdentity;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<WorkspaceChildren>;
}

/**
 * One person's place to work: an IDE in the browser, in a namespace, with a volume and
 * limits of its own. Its id is the component's name.
 */
export class Workspace extends pulumi.ComponentResource {
  /** Name of its namespace, `ws-<id>`. */
  declare readonly namespace: pulumi.Output<string>;
  /** Its home: what `Backup` takes. */
  readonly volume: BackupVolume;

  constructor(name: string, args: WorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    checkWorkspace(name, args);
    super("guildnet:index:Workspace", name, {}, transformed(name, transforms(args), opts));
    const size = sizeOf(args.preset ?? "standard", args.resources);
    const data = retention(args.keepData),
      labels = args.labels ?? {};
    const own = personalPlace(name, "workspace", { owner: args.owner, data, labels }, this);
    this.namespace = own.namespace;
    this.volume = { namespace: this.namespace, claim: "home", user: WORKSPACE_USER, workload: "workspace" };

    const attached = (args.attachments ?? []).map((attachment) => attachment.attach(own, args.owner));
    const beside = [...roomFor(args.backup), ...attached.flatMap(({ room }) => room ?? [])];
    const companions = attached.flatMap((each) => each.companions ?? []);
    const reach = { ...ownReach(args), ...(Object.assign({}, ...attached.map((each) => each.reach)) as Policies) };
    const guards = [
      ...limits(
        own,
        quotaSpec(withCompanions(size, companions), { beside }),
        limitRangeSpec(size, { beside: [...beside, ...companions.map((each) => each.size)] }),
      ),
      ...networkPolicies(own, reach),
    ];
    portalRights(own, args.portal ?? portalIdentity, [IDE_ACCESS]);
    const account = powerlessAccount(own);
    const claim = volumeClaim(
      own,
      "home",
      { claim: "home", size: size.storage, storageClass: args.storageClass, data },
      guards,
    );
    const access = ideAccessSecret(own);
    const proxy = usedProxy(args.proxy, args.internet ?? true);
    deployment(
      own,
      {
        id: name,
        owner: args.owner,
        image: args.image,
        size,
        environment: args.environment ?? {},
        labels,
        proxy: proxyEnvironment(own, proxy, args.environment ?? {}),
        dotfiles: args.dotfiles,
        nodeSelector: args.nodeSelector,
        priorityClass: args.priorityClass,
        serviceAccount: account.metadata.name,
        claim: claim.metadata.name,
        ideAccess: access.metadata.name,
        attached,
      },
      acceptedOfWorkspaces(proxy, attached),
      guards,
    );
    service(own, args.ports ?? []);
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** The one secret of a workspace that the portal may read. */
const IDE_ACCESS = "ide-access";

/** Of its own children, and of those that attachments make. */
function transforms({ attachments = [], transform }: WorkspaceArgs): Transforms<object> | undefined {
  const all = [...attachments.map((each) => each.transform), transform].filter((each) => each !== undefined);
  return all.length > 1 ? (Object.assign({}, ...all) as Transforms<object>) : all[0];
}

function ownReach({ portal = portalIdentity, ports = [], internet = true, proxy }: WorkspaceArgs): Policies {
  return personalReach({
    portalNamespace: portal.namespace,
    ports: servicePorts(ports).map(({ port }) => port),
    internet,
    proxy,
  });
}

function ideAccessSecret(place: Place): k8s.core.v1.Secret {
  const token = new RandomSecret(`${place.name}-ide-token`, {}, { parent: place.parent });
  return new k8s.core.v1.Secret(
    `${place.name}-ide-access`,
    {
      metadata: metaIn(place, IDE_ACCESS),
      stringData: pulumi.secret(token.value).apply(ideAccess),
    },
    { parent: place.parent },
  );
}

function hasSecretVariables({ secretDefaults, companions = [] }: Attached): boolean {
  return secretDefaults !== undefined || companions.some(({ secretEnvironment }) => secretEnvironment !== undefined);
}

/** How many pods it has is left to who scales it, so that scanners take it for more than one. */
const acceptedOfWorkspaces = (proxy: Proxy | undefined, attached: readonly Attached[]) =>
  accepted({
    "low-user": "the files of homes belong to the user of the image",
    "single-replica": "it is one person's editor, and its home is writable by one pod at a time",
    recreated: "its home is writable by one pod at a time",
    together: "it is one pod or none",
    ...(attached.some(hasSecretVariables) && {
      "secret-variable": "programs find some of what is attached, and what it wants, by their environment alone",
    }),
    ...(attached.some(({ companions = [] }) => companions.length > 0) && {
      "no-probes": "what runs beside the editor goes on by itself, and the editor is not ended for it",
    }),
    ...acceptedOfProxy(proxy),
  });

/** @param guards applied first, so that no pod ever runs without them */
function deployment(
  place: Place,
  resolved: ResolvedWorkspace,
  findings: Record<string, string>,
  guards: pulumi.Resource[],
): void {
  new k8s.apps.v1.Deployment(
    `${place.name}-deployment`,
    {
      metadata: metaIn(place, "workspace", findings),
      spec: deploymentSpec(resolved),
      // A stopped workspace stays stopped, also after a refresh has read its replicas.
    },
    { parent: place.parent, dependsOn: guards, ignoreChanges: ["spec.replicas"] },
  );
}

function service(place: Place, extra: readonly WorkspacePort[]): void {
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      // Not waited for: a stopped workspace has no pod that could make it ready.
      metadata: metaIn(place, "workspace", unawaited),
      spec: {
        selector: appSelector("workspace"),
        ports: servicePorts(extra).map(({ name, port }) => ({ name, port, targetPort: port, protocol: "TCP" })),
      },
    },
    { parent: place.parent },
  );
}
