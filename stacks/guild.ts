import * as pulumi from "@pulumi/pulumi";
import { App, appsDomainBeside, BACKUP_SERVER_PLACE, BatchSpace, EmbeddedCluster, ExistingCluster, images, isBelow, Portal, portalAddresses, Registry, registryAttachment, registryHost, registryIdentity, Scheduling, Workspace } from "../components/index.ts";
import type { Authority, BatchQueue, ClusterAccess, ImageSource, PortalExposure, Proxy, Visibility } from "../components/index.ts";
import { guildAuthority } from "./systems/authority/layer.ts";
import { certificateImages, certificateLayer, certificatesOn } from "./systems/certificates/layer.ts";
import type { CertificateImages } from "./systems/certificates/layer.ts";
import { backupImages, backupLayer, backupNotes } from "./systems/backup/layer.ts";
import type { BackupImages, BackupOutputs, BackupSecrets, KeptVolume } from "./systems/backup/layer.ts";
import { keepingSizes } from "./survey/found-rules.ts";
import { NOTHING } from "./survey/found.ts";
import type { Found } from "./survey/found.ts";
import type { Kubeconfig } from "./survey/kubeconfig.ts";
import { loadBalancerImages, loadBalancerLayer, loadBalancerNotes } from "./systems/balancer/layer.ts";
import type { LoadBalancerImages } from "./systems/balancer/layer.ts";
import { meshImages, meshLayer, meshNotes, meshPublish, portalOnMesh } from "./systems/mesh/layer.ts";
import type { MeshImages, MeshOutputs } from "./systems/mesh/layer.ts";
import { adminsOf, peopleOf, registryAddress, workspaceName } from "./schema.ts";
import type { EmbeddedConfig, ExistingConfig, GuildConfig } from "./schema.ts";
import { guildProxy } from "./systems/proxy/layer.ts";
import { storageLayer } from "./systems/storage/layer.ts";

/** NodePort of the portal's Service. */
const PORTAL_NODE_PORT = 30090;
const LOOPBACK = /^127\./;

/** A cluster, and what it takes to run the layers above on it. */
export interface Machines {
  access: ClusterAccess;
  /** The guild's one authority, made before the cluster: its nodes trust it for the registry from their start. */
  authority: Authority;
  images: { workspace: pulumi.Input<string>; portal: pulumi.Input<string> } & MeshImages & BackupImages;
  /** Where a cluster that brings no storage of its own gets it from. */
  storage?: { image: pulumi.Input<string>; path: string; sizes: EmbeddedConfig["volumeSizes"] };
  /** Images of cert-manager, where a node has to have them. */
  certificates?: CertificateImages;
  /** What a load balancer takes, where the cluster isn't told of it. */
  loadBalancer?: { images: LoadBalancerImages; lanInterface: string };
  /** What a registry takes that nodes pull from; undefined where none is wanted. */
  registry?: { image: pulumi.Input<string>; address: string };
}

/** What a guild is told in confidence. */
export interface GuildSecrets {
  /** Of the mesh, where one is to be joined. */
  meshApiKey?: pulumi.Output<string>;
  /** For records that prove a domain to an ACME authority. */
  dnsToken?: pulumi.Output<string>;
  /** For the proxy. */
  proxyCredentials?: pulumi.Output<string>;
  /** Of the key to the bucket that Longhorn's backups go to. */
  storageBackupKey?: pulumi.Output<string>;
  /** Of backups. */
  backup?: BackupSecrets;
}

/** What `pulumi up` ends with. */
export interface GuildOutputs {
  portalUrl: string;
  /** Domain below which every workspace and app has its address. */
  appsDomain: string;
  /** Handles. */
  people: string[];
  /** Handles of those among them who see every workspace. */
  admins: string[];
  workspaces: { name: string; owner: string; url: string }[];
  apps: { name: string; owner: string; visibility: Visibility; url: string }[];
  /** PEM of the authority to trust. */
  caCertificate: pulumi.Output<string>;
  /** Key that sign-in links are signed with. Secret. */
  signInKey: pulumi.Output<string>;
  /** Secret. */
  kubeconfig: pulumi.Output<string>;
  /** The mesh, with the keys of its devices; null where there is none, as the engine warns of outputs that are undefined. */
  mesh: MeshOutputs | null;
  /** Where backups are, of what, and what reads them; null where there are none. */
  backup: BackupOutputs | null;
  /** What to know about this stack. */
  notes: string[];
}

/**
 * The whole guild: the machines, and on them the services.
 * @param kubeconfig of the cluster, checked, where one is to be joined
 * @param found what is in its cluster before
 */
export function guild(wanted: GuildConfig, kubeconfig?: Kubeconfig, secrets?: GuildSecrets, found: Found = NOTHING): GuildOutputs {
  const { config, notes: kept } = keepingSizes(wanted, found);
  const outputs = services(machines(config, kubeconfig, secrets), config, secrets, found);
  return { ...outputs, notes: [...outputs.notes, ...kept] };
}

/** The cluster layer. */
export function machines(config: GuildConfig, kubeconfig?: Kubeconfig, { proxyCredentials }: GuildSecrets = {}): Machines {
  const authority = guildAuthority(config);
  if (config.cluster.kind === "embedded") return embeddedMachines(config, config.cluster, authority, guildProxy(config, proxyCredentials));
  if (kubeconfig === undefined) throw new Error("an existing cluster needs its kubeconfig");
  return existingMachines(config, config.cluster, authority, kubeconfig);
}

function embeddedMachines(config: GuildConfig, cluster: EmbeddedConfig, authority: Authority, proxy: Proxy | undefined): Machines {
  const { images: own, portal } = config;
  const registry = registrySource(config);
  const sources = {
    ...(registry === undefined ? {} : { registry: { reference: images.registry } }),
    workspace: source(own.workspace, "images/workspace"),
    portal: source(own.portal, "images/portal"),
    "local-path-provisioner": { reference: images.localPathProvisioner },
    ...certificateImages(config),
    ...meshImages(config),
    ...loadBalancerImages(config),
    ...backupImages(config),
  };
  const access = new EmbeddedCluster("cluster", {
    apiPort: cluster.apiPort,
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
    lanCidr: cluster.lanCidr,
    keepVolumes: cluster.keepVolumes,
    volumeSizes: cluster.volumeSizes === "reserved" ? "reserved" : undefined,
    publish: [{ hostAddress: portal.address, hostPort: portal.port, nodePort: PORTAL_NODE_PORT, announceVisitors: true }, ...meshPublish(config)],
    registries: registry && [{ host: registryHost, address: registry.address, caCertificatePem: authority.certificatePem }],
    images: sources,
    proxy,
  });
  return {
    access, authority,
    certificates: certificatesOn(access),
    loadBalancer: { images: { controller: access.images["metallb-controller"], speaker: access.images["metallb-speaker"] }, lanInterface: access.lanInterface },
    registry: registry && { ...registry, image: reference(access, "registry") },
    images: { workspace: reference(access, "workspace"), portal: reference(access, "portal"), headscale: access.images["headscale"], tailscale: access.images["tailscale"], restic: access.images["restic"], restServer: access.images["rest-server"] },
    storage: { image: reference(access, "local-path-provisioner"), path: access.volumesPath, sizes: cluster.volumeSizes },
  };
}

function existingMachines(config: GuildConfig, cluster: ExistingConfig, authority: Authority, kubeconfig: Kubeconfig): Machines {
  const { images: own } = config;
  const access = new ExistingCluster("cluster", {
    kubeconfig: kubeconfig.text,
    endpoint: kubeconfig.server,
    identity: cluster.identity ?? kubeconfig.identity ?? kubeconfig.clusterName,
    // One that nobody could ask is believed to be what it was; so was a guild that is older than the question.
    isKnown: cluster.identity === undefined && (kubeconfig.hasGuild === true || kubeconfig.identity === undefined),
    storageClass: cluster.storageClass,
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
  });
  // The rules of the config make sure that what is used of these is there.
  return { access, authority, images: { workspace: own.workspace ?? "", portal: own.portal ?? "" }, registry: registrySource(config) };
}

function registrySource(config: GuildConfig): Machines["registry"] {
  const address = registryAddress(config);
  return config.registry === undefined || address === undefined ? undefined : { image: images.registry, address };
}

function source(own: string | undefined, context: string): ImageSource {
  return own === undefined ? { context } : { reference: own };
}

function reference(cluster: EmbeddedCluster, name: string): pulumi.Output<string> {
  const found = cluster.images[name];
  if (found === undefined) throw new Error(`the cluster was given no image "${name}"`);
  return found;
}

/** Everything above a cluster; on its own, what another stack puts on a cluster it has. */
export function services({ access, authority, images: own, storage: local, registry, certificates: programs, loadBalancer }: Machines, config: GuildConfig, secrets: GuildSecrets = {}, found: Found = NOTHING): GuildOutputs {
  const { meshApiKey } = secrets;
  const opts = { provider: access.provider, deletedWith: access.machine };
  const scheduling = new Scheduling("scheduling", { queue: batchQueue(config) }, opts);
  const { platform, interactive } = scheduling.classes;
  const storage = storageLayer(config, { access, local, priorityClass: platform, backupKey: secrets.storageBackupKey }, opts);
  const certificates = certificateLayer(config, { access, authority, images: programs, token: secrets.dnsToken, priorityClass: platform }, opts);
  loadBalancerLayer(config, { access, priorityClass: platform, images: {}, ...loadBalancer }, opts);
  const volumes: KeptVolume[] = [];
  const portal = new Portal("portal", {
    image: own.portal,
    authority,
    issuer: certificates?.open,
    endpoint: access.endpoint,
    host: config.portal.host,
    port: config.portal.port,
    appsDomain: config.portal.appsDomain,
    mesh: portalOnMesh(config),
    guildName: config.name,
    linkCommand: `npm run link --${pulumi.getStack() === "dev" ? "" : ` --stack ${pulumi.getStack()}`}`,
    people: peopleOf(config),
    admins: adminsOf(config),
    exposure: portalExposure(config),
    priorityClass: platform,
  }, opts);
  const mesh = meshLayer(config, { access, portal, issuer: certificates?.own, portalImage: own.portal, images: own, storageClass: storage.className, apiKey: meshApiKey, volumes }, opts);
  const classOf = (kept: boolean) => (kept ? storage.className : storage.disposableClassName);
  /** A claim that is there already is taken over with the class it has: claims can't change theirs. */
  const classIn = (namespace: string, claim: string, kept: boolean) => {
    const there = found.get(namespace)?.claims.get(claim)?.className, wanted = classOf(kept);
    return there === undefined ? wanted : pulumi.output(wanted).apply(() => there);
  };
  if (registry !== undefined && config.registry !== undefined) {
    const { storage: size, keepData, maintenanceHour } = config.registry;
    const { volume, identity } = new Registry("registry", {
      ...registry, authority, issuer: certificates?.own, tokenImage: own.portal, endpoint: access.endpoint, storage: size, keepData, maintenanceHour,
      storageClass: classIn(registryIdentity.namespace, "data", keepData), priorityClass: platform,
    }, opts);
    volumes.push({ name: "registry", namespace: identity.namespace, deployment: "registry", volume });
  }
  const proxy = guildProxy(config, secrets.proxyCredentials);
  const backup = config.backup !== undefined && { memory: config.backup.memory, cache: config.backup.cache };
  for (const { name: called, owner, takeOverFrom, storage: size, keepData, ...rest } of config.workspaces) {
    const name = called ?? owner;
    const { volume } = new Workspace(name, {
      ...rest,
      owner,
      backup,
      proxy,
      keepData,
      priorityClass: interactive,
      image: rest.image ?? own.workspace,
      resources: { ...rest.resources, storage: size },
      storageClass: classIn(`ws-${name}`, "home", keepData),
      attachments: registry && [registryAttachment({ host: registryHost, identity: registryIdentity, caCertificate: authority.certificatePem })],
    }, opts);
    volumes.push({ name, namespace: `ws-${name}`, deployment: "workspace", owners: ownersOf({ owner, takeOverFrom }), volume });
  }
  for (const { name, takeOverFrom, ...app } of config.apps) {
    const { volume } = new App(name, { ...app, proxy, backup: app.storage !== undefined && backup, storageClass: classIn(`app-${name}`, "data", app.keepData), priorityClass: interactive }, opts);
    if (volume !== undefined) volumes.push({ name, namespace: `app-${name}`, deployment: "app", owners: ownersOf({ owner: app.owner, takeOverFrom }), volume });
  }
  batchSpaces(config, scheduling, opts);
  const backups = backupLayer(config, { volumes, portal, images: own, classes: scheduling.classes, storageClass: (kept) => classIn(BACKUP_SERVER_PLACE.namespace, BACKUP_SERVER_PLACE.claim, kept), secrets: secrets.backup ?? {} }, opts);
  return {
    portalUrl: portal.url,
    appsDomain: portalAddresses(config.portal).appsDomain,
    people: peopleOf(config),
    admins: adminsOf(config),
    workspaces: config.workspaces.map((workspace) => {
      const name = workspaceName(workspace);
      return { name, owner: workspace.owner, url: portal.workspaceUrl(name) };
    }),
    apps: config.apps.map(({ name, owner, visibility }) => ({ name, owner, visibility, url: portal.workspaceUrl(name) })),
    caCertificate: portal.caCertificate,
    signInKey: pulumi.secret(portal.signInKey),
    kubeconfig: pulumi.secret(access.kubeconfig),
    mesh: mesh ?? null,
    backup: backups ?? null,
    notes: [...notes(config), ...loadBalancerNotes(config), ...meshNotes(config, meshApiKey !== undefined), ...backupNotes(config)],
  };
}

/** Whose backups a volume's own are: its owner's, then those of whoever it was taken over from. */
function ownersOf({ owner, takeOverFrom }: { owner: string; takeOverFrom?: string }): string[] {
  return takeOverFrom === undefined ? [owner] : [owner, takeOverFrom];
}

function batchSpaces(config: GuildConfig, { classes, clusterQueue }: Scheduling, opts: pulumi.ComponentResourceOptions): void {
  if (config.batch === undefined) return;
  const { cpu, memory, storage, pods } = config.batch;
  for (const owner of peopleOf(config)) {
    new BatchSpace(`${owner}-batch`, { owner, priorityClass: classes.batch, clusterQueue, size: { cpu, memory, storage, pods } }, opts);
  }
}

/** What lets batch jobs start. */
export function batchQueue({ batch }: GuildConfig): BatchQueue {
  if (batch?.queue !== "kueue") return { kind: "none" };
  return { kind: "kueue", budget: { cpu: batch.together.cpu ?? batch.cpu, memory: batch.together.memory ?? batch.memory } };
}

/** How the portal is shown beyond its cluster. */
export function portalExposure({ cluster, portal }: GuildConfig): PortalExposure {
  if (cluster.kind === "embedded") {
    const loopback = LOOPBACK.test(portal.address);
    return {
      type: "NodePort",
      nodePort: PORTAL_NODE_PORT,
      announced: true,
      reason: loopback ? "the node's ports are published on this machine's loopback alone" : `portal.address is ${portal.address}`,
      address: loopback ? undefined : portal.address,
    };
  }
  const reason = `portal.service is ${portal.service}`;
  if (portal.service === "NodePort") return { type: "NodePort", nodePort: PORTAL_NODE_PORT, reason };
  if (portal.service === "LoadBalancer") return { type: "LoadBalancer", reason, pool: portal.addressPool };
  return { type: "ClusterIP" };
}

/** What a person should know, told once as an output instead of at every run. */
export function notes({ apps, cluster, portal }: GuildConfig): string[] {
  const result: string[] = [];
  if (cluster.kind === "embedded") {
    if (!LOOPBACK.test(portal.address)) result.push(`The portal is open to the network of ${portal.address}.`);
  } else {
    result.push("NetworkPolicies keep workspaces apart where the cluster's network enforces them; not every one does (flannel alone, for instance).");
    if (portal.service === undefined || portal.service === "ClusterIP") {
      result.push(`Nothing outside the cluster reaches the portal. To open it from here: kubectl --namespace guildnet-portal port-forward service/portal ${portal.port}:443`);
    }
  }
  const { host, appsDomain } = portalAddresses(portal), beside = appsDomainBeside(host);
  if (isBelow(appsDomain, host) && appsDomain !== beside) {
    result.push(`Workspaces' names are below ${host}, where a page of theirs can set cookies for the portal. portal.appsDomain: ${beside} moves them to where none can; browsers then need the authority's new certificate, and what they keep for the old names, such as an IDE's open editors, stays behind.`);
  }
  const open = apps.filter(({ visibility }) => visibility === "public").map(({ name }) => name);
  if (open.length > 0) result.push(`Whoever reaches the portal can open, without signing in: ${open.join(", ")}.`);
  return result;
}
