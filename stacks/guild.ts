import * as pulumi from "@pulumi/pulumi";
import { EmbeddedCluster, ExistingCluster, images, Portal, Storage, Workspace } from "../components/index.ts";
import type { ClusterAccess, ImageSource, PortalExposure } from "../components/index.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { meshImages, meshLayer, meshNotes, meshPublish, portalOnMesh } from "./mesh.ts";
import type { MeshImages, MeshOutputs } from "./mesh.ts";
import { adminsOf, peopleOf, workspaceName } from "./schema.ts";
import type { EmbeddedConfig, ExistingConfig, GuildConfig } from "./schema.ts";

/** NodePort of the portal's Service. */
const PORTAL_NODE_PORT = 30090;
const LOOPBACK = /^127\./;

/** A cluster, and what it takes to run the layers above on it. */
export interface Machines {
  access: ClusterAccess;
  images: { workspace: pulumi.Input<string>; portal: pulumi.Input<string> } & MeshImages;
  /** Where a cluster that brings no storage of its own gets it from. */
  storage?: { image: pulumi.Input<string>; path: string };
}

/** What `pulumi up` ends with. */
export interface GuildOutputs {
  portalUrl: string;
  /** Handles. */
  people: string[];
  workspaces: { name: string; owner: string; url: string }[];
  /** PEM of the authority to trust. */
  caCertificate: pulumi.Output<string>;
  /** Key that sign-in links are signed with. Secret. */
  signInKey: pulumi.Output<string>;
  /** Secret. */
  kubeconfig: pulumi.Output<string>;
  /** The mesh, with the keys of its devices; undefined where there is none. */
  mesh?: MeshOutputs;
  /** What to know about this stack. */
  notes: string[];
}

/**
 * The whole guild: the machines, and on them the services.
 * @param kubeconfig of the cluster, checked, where one is to be joined
 * @param meshApiKey of the mesh, where one is to be joined
 */
export function guild(config: GuildConfig, kubeconfig?: Kubeconfig, meshApiKey?: pulumi.Output<string>): GuildOutputs {
  return services(machines(config, kubeconfig), config, meshApiKey);
}

/** The cluster layer. */
export function machines(config: GuildConfig, kubeconfig?: Kubeconfig): Machines {
  if (config.cluster.kind === "embedded") return embeddedMachines(config, config.cluster);
  if (kubeconfig === undefined) throw new Error("an existing cluster needs its kubeconfig");
  return existingMachines(config, config.cluster, kubeconfig);
}

function embeddedMachines(config: GuildConfig, cluster: EmbeddedConfig): Machines {
  const { images: own, portal } = config;
  const sources = {
    workspace: source(own.workspace, "images/workspace"),
    portal: source(own.portal, "images/portal"),
    "local-path-provisioner": { reference: images.localPathProvisioner },
    ...meshImages(config),
  };
  const access = new EmbeddedCluster("cluster", {
    apiPort: cluster.apiPort,
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
    keepVolumes: cluster.keepVolumes,
    publish: [{ hostAddress: portal.address, hostPort: portal.port, nodePort: PORTAL_NODE_PORT }, ...meshPublish(config)],
    images: sources,
  });
  return {
    access,
    images: { workspace: reference(access, "workspace"), portal: reference(access, "portal"), headscale: access.images["headscale"], tailscale: access.images["tailscale"] },
    storage: { image: reference(access, "local-path-provisioner"), path: access.volumesPath },
  };
}

function existingMachines({ images: own }: GuildConfig, cluster: ExistingConfig, kubeconfig: Kubeconfig): Machines {
  const access = new ExistingCluster("cluster", {
    kubeconfig: kubeconfig.text,
    endpoint: kubeconfig.server,
    identity: cluster.identity ?? kubeconfig.clusterName,
    storageClass: cluster.storageClass,
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
  });
  // The rules of the config make sure that what is used of these is there.
  return { access, images: { workspace: own.workspace ?? "", portal: own.portal ?? "" } };
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
export function services({ access, images: own, storage: source }: Machines, config: GuildConfig, meshApiKey?: pulumi.Output<string>): GuildOutputs {
  const opts = { provider: access.provider, deletedWith: access.machine };
  const storage = source === undefined ? undefined : new Storage("storage", source, opts);
  const portal = new Portal("portal", {
    image: own.portal,
    endpoint: access.endpoint,
    host: config.portal.host,
    port: config.portal.port,
    appsDomain: config.portal.appsDomain,
    mesh: portalOnMesh(config),
    guildName: config.name,
    admins: adminsOf(config),
    exposure: portalExposure(config),
  }, opts);
  const mesh = meshLayer(config, { access, portal, images: own, storageClass: storage?.className ?? access.storageClass, apiKey: meshApiKey }, opts);
  for (const { name, owner, storage: size, keepData, ...rest } of config.workspaces) {
    new Workspace(name ?? owner, {
      ...rest,
      owner,
      keepData,
      image: rest.image ?? own.workspace,
      resources: { ...rest.resources, storage: size },
      storageClass: keepData ? (storage?.className ?? access.storageClass) : (storage?.disposableClassName ?? access.storageClass),
    }, opts);
  }
  return {
    portalUrl: portal.url,
    people: peopleOf(config),
    workspaces: config.workspaces.map((workspace) => {
      const name = workspaceName(workspace);
      return { name, owner: workspace.owner, url: portal.workspaceUrl(name) };
    }),
    caCertificate: portal.caCertificate,
    signInKey: pulumi.secret(portal.signInKey),
    kubeconfig: pulumi.secret(access.kubeconfig),
    mesh,
    notes: [...notes(config), ...meshNotes(config, meshApiKey !== undefined)],
  };
}

/** How the portal is shown beyond its cluster. */
export function portalExposure({ cluster, portal }: GuildConfig): PortalExposure {
  if (cluster.kind === "embedded") {
    const loopback = LOOPBACK.test(portal.address);
    return {
      type: "NodePort",
      nodePort: PORTAL_NODE_PORT,
      reason: loopback ? "the node's ports are published on this machine's loopback alone" : `portal.address is ${portal.address}`,
      address: loopback ? undefined : portal.address,
    };
  }
  const reason = `portal.service is ${portal.service}`;
  if (portal.service === "NodePort") return { type: "NodePort", nodePort: PORTAL_NODE_PORT, reason };
  if (portal.service === "LoadBalancer") return { type: "LoadBalancer", reason };
  return { type: "ClusterIP" };
}

/** What a person should know, told once as an output instead of at every run. */
export function notes({ cluster, portal }: GuildConfig): string[] {
  const result: string[] = [];
  if (cluster.kind === "embedded") {
    result.push("The embedded cluster's network doesn't enforce NetworkPolicies: workspaces can reach each other's ports. Each IDE still refuses whoever doesn't come through the portal.");
    if (!LOOPBACK.test(portal.address)) result.push(`The portal is open to the network of ${portal.address}.`);
  } else if (portal.service === undefined || portal.service === "ClusterIP") {
    result.push(`Nothing outside the cluster reaches the portal. To open it from here: kubectl --namespace guildnet-portal port-forward service/portal ${portal.port}:443`);
  }
  return result;
}
