import * as pulumi from "@pulumi/pulumi";
import { ExistingHeadscale, guildPolicy, Headscale, HeadscaleOnHost, images, MESH_NAMESPACE, MESH_NETWORKS, MeshDns, SubnetRouter, tag, Tailnet } from "../../../components/index.ts";
import type { CertificateIssuer, ClusterAccess, HeadscaleNetwork, Mesh, MeshPolicy, Portal, PortalArgs, PortalExposure } from "../../../components/index.ts";
import type { KeptVolume } from "../backup/layer.ts";
import { headscaleHostname, meshNames } from "./names.ts";
import type { HeadscaleConfig, SomeMeshConfig } from "./schema.ts";
import { peopleOf } from "../../schema.ts";
import type { GuildConfig } from "../../schema.ts";

/** NodePort of the coordination server's Service. */
const HEADSCALE_NODE_PORT = 30092;

/** Images a mesh needs, where the cluster has them by other references than upstream's. */
export interface MeshImages {
  headscale?: pulumi.Input<string>;
  tailscale?: pulumi.Input<string>;
}

/** What a stack says of its mesh. */
export interface MeshOutputs {
  /** Where devices log in; undefined for Tailscale's own. */
  loginServer?: pulumi.Input<string>;
  /** PEM of the authority that devices must trust for it; undefined where the system's authorities do. */
  caCertificate?: pulumi.Input<string>;
  /** Where the portal is for them. */
  portalUrl: string;
  /** Which name server answers for the guild's domain. */
  dns: { domain: string; nameserver: pulumi.Output<string> };
  /** Networks that the router leads to, comma-separated; undefined where there is no router yet. */
  routes?: pulumi.Output<string>;
  /** Key by which a device joins, by its name. Secret. */
  keys: Record<string, pulumi.Output<string>>;
}

/** What a mesh stands on. */
export interface MeshGround {
  access: ClusterAccess;
  portal: Portal;
  /** Renews the certificate of a server in the cluster. */
  issuer?: CertificateIssuer;
  portalImage: pulumi.Input<string>;
  images: MeshImages;
  storageClass?: pulumi.Input<string>;
  /** API key of a server that this program can't ask for one. */
  apiKey?: pulumi.Output<string>;
  /** Takes the volumes that are worth a backup. */
  volumes?: KeptVolume[];
}

/** Images an embedded node must have for the mesh. */
export function meshImages({ mesh }: GuildConfig): Record<string, { reference: string }> {
  if (mesh.kind === "none") return {};
  const router = { tailscale: { reference: images.tailscale } };
  return inCluster(mesh) ? { ...router, headscale: { reference: images.headscale } } : router;
}

/** Ports an embedded node publishes for the mesh. */
export function meshPublish({ mesh }: GuildConfig): { hostAddress: string; hostPort: number; nodePort: number }[] {
  return inCluster(mesh) ? [{ hostAddress: mesh.address, hostPort: mesh.port, nodePort: HEADSCALE_NODE_PORT }] : [];
}

/** The portal's names on the mesh. */
export function portalOnMesh({ mesh }: GuildConfig): PortalArgs["mesh"] {
  if (mesh.kind === "none") return undefined;
  const { portalHost, appsDomain } = meshNames(mesh);
  return { host: portalHost, appsDomain };
}

/**
 * The mesh, the way from it into the cluster, and the guild's names on it. All of it hangs on
 * the address of the portal's Service, which the router leads to: the portal needs no device of
 * its own, a wildcard name needs nothing but an address, and the same holds on every kind of mesh.
 */
export function meshLayer(config: GuildConfig, ground: MeshGround, opts: pulumi.ComponentResourceOptions): MeshOutputs | undefined {
  const { mesh: wanted } = config;
  if (wanted.kind === "none") return undefined;
  const { zone, portalHost } = meshNames(wanted);
  const { portal } = ground;
  const dns = new MeshDns("mesh-dns", { domain: zone.domain, names: Object.fromEntries(zone.names.map((name) => [name, portal.clusterAddress])) }, opts);
  const routes = routesOf(config, ground, dns);
  const mesh = meshOf(config, ground, { dns, policy: policyOf(config, ground, dns, routes) }, opts);
  const outputs = { loginServer: mesh.loginServer, caCertificate: mesh.caCertificate, portalUrl: `https://${portalHost}`, dns: { domain: zone.domain, nameserver: dns.address } };
  if (wanted.kind === "headscale" && wanted.placement === "host" && ground.apiKey === undefined) return { ...outputs, keys: {} };
  const { router, keyGeneration } = wanted;
  // A key at a server that outlives the cluster is to be ended there, not forgotten with the cluster.
  const perishing = inCluster(wanted) ? opts : { ...opts, deletedWith: undefined };
  const way = new SubnetRouter("router", {
    mesh, routes, mode: router.mode, hostname: router.hostname, keyGeneration,
    image: ground.images.tailscale, storageClass: ground.storageClass,
  }, perishing);
  const keys = wanted.devices.map((device) => [device, mesh.authKey(`mesh-device-${device}`, { tags: [tag.client], generation: keyGeneration }, { parent: mesh })]);
  return { ...outputs, routes: way.routes, keys: Object.fromEntries(keys) as MeshOutputs["keys"] };
}

/** The cluster's networks where they are known, else the two addresses that matter; and what the config adds. */
function routesOf({ cluster, mesh }: GuildConfig, { access, portal }: MeshGround, dns: MeshDns): pulumi.Input<string>[] {
  const own = cluster.serviceCidr === undefined || access.serviceCidr === undefined
    ? [portal.clusterAddress, dns.address].map((address) => pulumi.interpolate`${address}/32`) : [access.serviceCidr];
  return [...own, ...(access.podCidr === undefined ? [] : [access.podCidr]), ...(mesh.kind === "none" ? [] : mesh.router.routes)];
}

function policyOf(config: GuildConfig, { access, portal }: MeshGround, dns: MeshDns, routes: pulumi.Input<string>[]): pulumi.Output<MeshPolicy> {
  const { mesh } = config;
  if (mesh.kind === "none") throw new Error("no mesh has a policy");
  const open = [...(mesh.access === "cluster" ? [access.serviceCidr, access.podCidr] : []), ...mesh.router.routes];
  return pulumi.output({ portal: portal.clusterAddress, dns: dns.address, routes, open }).apply((known) => guildPolicy({
    // A tailnet knows its people by their e-mail addresses, which the guild doesn't.
    people: mesh.kind === "tailnet" ? [] : peopleOf(config),
    destinations: [{ name: "portal", address: known.portal, ports: [443] }, { name: "names", address: known.dns, ports: [53] }],
    openNetworks: known.open.filter((network) => network !== undefined),
    routes: known.routes,
  }));
}

function meshOf(config: GuildConfig, ground: MeshGround, { dns, policy }: { dns: MeshDns; policy: pulumi.Output<MeshPolicy> }, opts: pulumi.ComponentResourceOptions): Mesh & pulumi.Resource {
  const { mesh } = config;
  const { apiKey } = ground;
  if (mesh.kind === "headscale") return headscaleOf(config, mesh, ground, { dns, policy }, opts);
  if (mesh.kind === "none" || apiKey === undefined) throw new Error("a mesh that is there already needs its API key");
  const known = { apiKey, baseDomain: mesh.baseDomain, policy: mesh.managePolicy ? policy : undefined };
  if (mesh.kind === "tailnet") return new Tailnet("mesh", { ...known, clientId: mesh.clientId, tailnet: mesh.tailnet, split: { [mesh.domain]: [dns.address] } });
  return new ExistingHeadscale("mesh", { ...known, url: mesh.url, caCertificatePem: mesh.caCertificate, people: peopleOf(config) });
}

function headscaleOf(config: GuildConfig, mesh: HeadscaleConfig, ground: MeshGround, { dns, policy }: { dns: MeshDns; policy: pulumi.Output<MeshPolicy> }, opts: pulumi.ComponentResourceOptions): Mesh & pulumi.Resource {
  const { baseDomain, portalHost, zone } = meshNames(mesh);
  const network: HeadscaleNetwork = {
    hostname: headscaleHostname(mesh, config.portal), port: mesh.port, baseDomain, stun: mesh.stun, policy, people: peopleOf(config),
    prefixes: { v4: mesh.network, v6: MESH_NETWORKS.v6 },
    dns: {
      records: [{ name: portalHost, type: "A", value: ground.portal.clusterAddress }],
      split: { [zone.domain]: [dns.address] },
      nameservers: mesh.nameservers,
    },
  };
  const { authority } = ground.portal;
  if (mesh.placement === "host") return new HeadscaleOnHost("mesh", { ...network, authority, host: mesh.dockerHost ?? "", address: mesh.address, apiKey: ground.apiKey });
  // On this machine its own name may lead nowhere; the address it is published at does.
  const here = config.cluster.kind === "embedded" ? { apiUrl: `https://${mesh.address}:${mesh.port}`, certificateAddresses: [mesh.address] } : {};
  const server = new Headscale("mesh", {
    ...network, ...here, authority, renewal: ground.issuer && { issuer: ground.issuer, watcherImage: ground.portalImage }, cluster: ground.access, exposure: headscaleExposure(config, mesh),
    image: ground.images.headscale, storage: mesh.storage, storageClass: ground.storageClass,
  }, opts);
  const databases = { image: ground.portalImage };
  ground.volumes?.push({ name: "headscale", namespace: MESH_NAMESPACE, deployment: "headscale", volume: { ...server.volume, databases } });
  return server;
}

/** How the coordination server is shown beyond its cluster. */
export function headscaleExposure({ cluster }: GuildConfig, mesh: HeadscaleConfig): PortalExposure {
  if (cluster.kind === "embedded") {
    const loopback = mesh.address.startsWith("127.");
    return {
      type: "NodePort", nodePort: HEADSCALE_NODE_PORT,
      reason: loopback ? "the node's ports are published on this machine's loopback alone" : `mesh.address is ${mesh.address}`,
      address: loopback ? undefined : mesh.address,
    };
  }
  const reason = `mesh.service is ${mesh.service}`;
  return mesh.service === "LoadBalancer" ? { type: "LoadBalancer", reason, pool: mesh.addressPool } : { type: "NodePort", nodePort: HEADSCALE_NODE_PORT, reason };
}

/** What a person should know of the mesh. */
export function meshNotes({ mesh, cluster }: GuildConfig, hasApiKey: boolean): string[] {
  if (mesh.kind === "none") return [];
  const notes = ["Linux devices find the guild once they ask for its routes: tailscale up --accept-routes."];
  if (inCluster(mesh) && cluster.kind === "embedded" && mesh.address.startsWith("127.")) {
    notes.push("The mesh's server listens on this machine's loopback alone, so only devices on this machine can join. To open it to your network, set mesh.address.");
  }
  if (mesh.kind === "headscale" && mesh.placement === "host" && !hasApiKey) notes.push("The mesh's server has no API key yet. On its host: docker exec guildnet-headscale headscale apikeys create --expiration 90d. Then here: npm run pulumi -- config set --secret guildnet:meshApiKey, and npm run up.");
  if (mesh.kind === "existing") notes.push(`Devices find the guild's names once the settings of your Headscale have the domain ${meshNames(mesh).zone.domain} below dns.nameservers.split, with the name server that the output mesh.dns tells.`);
  if (mesh.kind !== "headscale" && !mesh.managePolicy) notes.push("The mesh's policy is yours: it must let tag:client reach the portal and the name server, and approve the routes of tag:router.");
  return notes;
}

function inCluster(mesh: SomeMeshConfig | { kind: "none" }): mesh is HeadscaleConfig {
  return mesh.kind === "headscale" && mesh.placement === "cluster";
}
