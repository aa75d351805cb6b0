import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret } from "../../provider/sdk/index.ts";
import { appLabels, appSelector, label, objectMeta, podSecurityLabels, unawaited } from "../labels.ts";
import { portalIdentity } from "../portal/identity.ts";
import type { PortalIdentity } from "../portal/identity.ts";
import type { RegistryAccess } from "../platform/registry-identity.ts";
import { toRegistry } from "../platform/registry-network.ts";
import { checkWorkspace } from "./checks.ts";
import { deploymentSpec, servicePorts } from "./deployment.ts";
import type { ResolvedWorkspace, WorkspacePort } from "./deployment.ts";
import { ideAccess } from "./ide-access.ts";
import { denyAll, fromPortal, toDns, toInternet } from "./network-policies.ts";
import { sizeOf } from "./presets.ts";
import type { PresetName, WorkspaceSize } from "./presets.ts";
import { limitRangeSpec, quotaSpec } from "./quota.ts";
import { registryMount } from "./registry-access.ts";

export interface WorkspaceArgs {
  /** Handle of the person it belongs to; the portal lets nobody else in. */
  owner: pulumi.Input<string>;
  /** Image with the IDE, listening at 8080 as user 1000. */
  image: pulumi.Input<string>;
  /** Size by name. @default "standard" */
  preset?: PresetName;
  /** Sizes that differ from the preset's. */
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
  /** Whether it may reach the internet; never private networks. @default true */
  internet?: boolean;
  /** PriorityClass of its pod, usually `Scheduling`'s `classes.interactive`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** The registry it may push to, below its own name. @default none */
  registry?: RegistryAccess;
  /**
   * Whether namespace and home volume stay when it is removed. A workspace of the same
   * name takes them over again. To remove them with it, apply `false` first, then remove it.
   * @default true
   */
  keepData?: boolean;
  /** The portal that may read its state. @default the one of `Portal` */
  portal?: PortalIdentity;
}

/**
 * One person's place to work: an IDE in the browser, in a namespace, with a volume and
 * limits of its own. Its id is the component's name.
 */
export class Workspace extends pulumi.ComponentResource {
  /** Name of its namespace, `ws-<id>`. */
  declare readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: WorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    checkWorkspace(name, args);
    super("guildnet:index:Workspace", name, {}, opts);
    const size = sizeOf(args.preset ?? "standard", args.resources);
    const place: Place = { id: name, labels: args.labels ?? {}, namespace: namespace(name, args, this), parent: this };
    this.namespace = place.namespace.metadata.name;

    const guards = [...limits(place, size), ...networkPolicies(place, args)];
    portalRights(place, args.portal ?? portalIdentity);
    const account = serviceAccount(place);
    const claim = homeVolume(place, size.storage, args, guards);
    const access = ideAccessSecret(place);
    const registry = args.registry && registryMount(name, args.registry, (object) => meta(place, object), this);
    deployment(place, {
      id: name, owner: args.owner, image: args.image, size,
      environment: args.environment ?? {}, ports: args.ports ?? [], labels: place.labels,
      dotfiles: args.dotfiles, nodeSelector: args.nodeSelector, priorityClass: args.priorityClass,
      serviceAccount: account.metadata.name, claim: claim.metadata.name, ideAccess: access.metadata.name, registry,
    }, guards);
    service(place, args.ports ?? []);
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** Where the objects of one workspace go. */
interface Place {
  id: string;
  labels: Record<string, pulumi.Input<string>>;
  namespace: k8s.core.v1.Namespace;
  parent: Workspace;
}

function meta(place: Place, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: place.namespace.metadata.name, labels: appLabels("workspace"), annotations });
}

/** What becomes of the data when the workspace is removed. */
function fate({ keepData }: WorkspaceArgs): "kept" | "disposable" {
  return keepData ?? true ? "kept" : "disposable";
}

function namespace(id: string, args: WorkspaceArgs, parent: Workspace): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(`${id}-namespace`, {
    metadata: objectMeta({
      name: `ws-${id}`,
      labels: {
        ...args.labels, ...appLabels("workspace"), ...podSecurityLabels("restricted"),
        [label.workspace]: id, [label.owner]: args.owner, [label.data]: fate(args),
      },
    }),
    // Deleting the namespace would delete the claim in it.
  }, { parent, retainOnDelete: fate(args) === "kept" });
}

/** @param guards applied first: a claim that grows is checked against the quota that is there */
function homeVolume(place: Place, storage: string, args: WorkspaceArgs, guards: pulumi.Resource[]): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(`${place.id}-home`, {
    metadata: objectMeta({
      name: "home", namespace: place.namespace.metadata.name,
      labels: { ...appLabels("workspace"), [label.data]: fate(args) },
      // Not waited for: under WaitForFirstConsumer the engine would wait for "Pending", which a claim that is taken over never is again.
      annotations: unawaited,
    }),
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: args.storageClass,
      resources: { requests: { storage } },
    },
    // The class is chosen once: claims can't change theirs.
  }, { parent: place.parent, dependsOn: guards, retainOnDelete: fate(args) === "kept", ignoreChanges: ["spec.storageClassName"] });
}

function limits(place: Place, size: ReturnType<typeof sizeOf>): pulumi.Resource[] {
  const quota = new k8s.core.v1.ResourceQuota(`${place.id}-quota`, {
    // Enforced from the moment it is there; the engine would wait for its first count.
    metadata: meta(place, "workspace", unawaited), spec: quotaSpec(size),
  }, { parent: place.parent });
  const range = new k8s.core.v1.LimitRange(`${place.id}-limits`, { metadata: meta(place, "workspace"), spec: limitRangeSpec(size) }, { parent: place.parent });
  return [quota, range];
}

function networkPolicies(place: Place, args: WorkspaceArgs): pulumi.Resource[] {
  const portal = args.portal ?? portalIdentity;
  const specs = {
    "deny-all": denyAll(),
    "from-portal": fromPortal(portal.namespace, servicePorts(args.ports ?? []).map(({ port }) => port)),
    "to-dns": toDns(),
    ...(args.internet ?? true ? { "to-internet": toInternet() } : {}),
    ...(args.registry === undefined ? {} : { "to-registry": toRegistry(args.registry.identity) }),
  };
  return Object.entries(specs).map(([name, spec]) =>
    new k8s.networking.v1.NetworkPolicy(`${place.id}-network-${name}`, { metadata: meta(place, name), spec }, { parent: place.parent }));
}

/** The portal reads the workspace's state, and the one secret it needs to open the IDE. */
function portalRights(place: Place, portal: PortalIdentity): void {
  const role = new k8s.rbac.v1.Role(`${place.id}-portal-role`, {
    metadata: meta(place, "portal"),
    rules: [
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods", "services", "events"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["ide-access"], verbs: ["get"] },
    ],
  }, { parent: place.parent });
  new k8s.rbac.v1.RoleBinding(`${place.id}-portal-binding`, {
    metadata: meta(place, "portal"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: portal.serviceAccount, namespace: portal.namespace }],
  }, { parent: place.parent });
}

function serviceAccount(place: Place): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(`${place.id}-account`, {
    metadata: meta(place, "workspace"), automountServiceAccountToken: false,
  }, { parent: place.parent });
}

function ideAccessSecret(place: Place): k8s.core.v1.Secret {
  const token = new RandomSecret(`${place.id}-ide-token`, {}, { parent: place.parent });
  return new k8s.core.v1.Secret(`${place.id}-ide-access`, {
    metadata: meta(place, "ide-access"),
    stringData: pulumi.secret(token.value).apply(ideAccess),
  }, { parent: place.parent });
}

/** @param guards applied first, so that no pod ever runs without them */
function deployment(place: Place, resolved: ResolvedWorkspace, guards: pulumi.Resource[]): void {
  new k8s.apps.v1.Deployment(`${place.id}-deployment`, {
    metadata: meta(place, "workspace"),
    spec: deploymentSpec(resolved),
    // A stopped workspace stays stopped, also after a refresh has read its replicas.
  }, { parent: place.parent, dependsOn: guards, ignoreChanges: ["spec.replicas"] });
}

function service(place: Place, extra: readonly WorkspacePort[]): void {
  new k8s.core.v1.Service(`${place.id}-service`, {
    // Not waited for: a stopped workspace has no pod that could make it ready.
    metadata: meta(place, "workspace", unawaited),
    spec: {
      selector: appSelector("workspace"),
      ports: servicePorts(extra).map(({ name, port }) => ({ name, port, targetPort: name, protocol: "TCP" })),
    },
  }, { parent: place.parent });
}
