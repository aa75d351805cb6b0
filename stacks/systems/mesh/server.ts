import type * as pulumi from "@pulumi/pulumi";
import { HeadscaleOnHost } from "../../../components/docker.ts";
import { ExistingHeadscale, Headscale, MESH_NAMESPACE, MESH_NETWORKS } from "../../../components/index.ts";
import { Tailnet } from "../../../components/tailscale.ts";
import type { HeadscaleNetwork, Mesh, MeshDns, MeshPolicy, PortalExposure } from "../../../components/index.ts";
import type { KeptVolume } from "../../system.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { RadicleGives } from "../radicle/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { headscaleHostname, meshNames } from "./names.ts";
import type { HeadscaleConfig, MeshConfig, MeshKeys } from "./schema.ts";

/** NodePort of the coordination server's Service. */
export const HEADSCALE_NODE_PORT = 30092;

type Reads = MeshKeys & ClusterKeys & PortalKeys & Membership;
type Needs = ClusterGives & CertificatesGives & StorageGives & PortalGives & RadicleGives;

/** What a server is told. */
interface Terms {
  dns: MeshDns;
  policy: pulumi.Output<MeshPolicy>;
  /** API key of a server that this program can't ask for one. */
  apiKey: pulumi.Output<string> | undefined;
}

interface MeshServer {
  server: Mesh & pulumi.Resource;
  kept?: KeptVolume[];
}

/** Whether the guild's cluster is what runs it. */
export function inCluster(mesh: MeshConfig): mesh is HeadscaleConfig {
  return mesh.kind === "headscale" && mesh.placement === "cluster";
}

/** Who knows the mesh's devices. */
export function meshServer(config: Reads, ground: Needs, terms: Terms): MeshServer {
  const { mesh } = config,
    { dns, policy, apiKey } = terms;
  if (mesh.kind === "headscale") return headscale(config, mesh, ground, terms);
  if (mesh.kind === "none" || apiKey === undefined) throw new Error("a mesh that is there already needs its API key");
  const known = { apiKey, baseDomain: mesh.baseDomain, policy: mesh.managePolicy ? policy : undefined };
  if (mesh.kind === "tailnet")
    return {
      server: new Tailnet("mesh", {
        ...known,
        clientId: mesh.clientId,
        tailnet: mesh.tailnet,
        split: { [mesh.domain]: [dns.address] },
      }),
    };
  return {
    server: new ExistingHeadscale("mesh", {
      ...known,
      url: mesh.url,
      caCertificatePem: mesh.caCertificate,
      people: peopleOf(config),
    }),
  };
}

function headscale(config: Reads, mesh: HeadscaleConfig, ground: Needs, { dns, policy, apiKey }: Terms): MeshServer {
  const { baseDomain, portalHost, seedHost, zone } = meshNames(mesh),
    { seed } = ground;
  const network: HeadscaleNetwork = {
    hostname: headscaleHostname(mesh, config.portal),
    port: mesh.port,
    baseDomain,
    stun: mesh.stun,
    policy,
    people: peopleOf(config),
    prefixes: { v4: mesh.network, v6: MESH_NETWORKS.v6 },
    dns: {
      records: [
        { name: portalHost, type: "A", value: ground.portal.clusterAddress },
        ...(seed ? [{ name: seedHost, type: "A" as const, value: seed.address }] : []),
      ],
      split: { [zone.domain]: [dns.address] },
      nameservers: mesh.nameservers,
    },
  };
  const {
    portal: { authority },
    portalImage,
    certificates,
  } = ground;
  if (mesh.placement === "host")
    return {
      server: new HeadscaleOnHost("mesh", {
        ...network,
        authority,
        host: mesh.dockerHost ?? "",
        address: mesh.address,
        apiKey,
      }),
    };
  // On this machine its own name may lead nowhere; the address it is published at does.
  const here =
    config.cluster.kind === "embedded"
      ? { apiUrl: `https://${mesh.address}:${mesh.port}`, certificateAddresses: [mesh.address] }
      : {};
  const server = new Headscale(
    "mesh",
    {
      ...network,
      ...here,
      authority,
      renewal: certificates && { issuer: certificates.own, watcherImage: portalImage },
      cluster: ground.access,
      exposure: headscaleExposure(config, mesh),
      image: ground.image("headscale"),
      storage: mesh.storage,
      storageClass: ground.storageClass,
    },
    ground.opts,
  );
  const databases = { image: portalImage };
  return {
    server,
    kept: [
      {
        name: "headscale",
        namespace: MESH_NAMESPACE,
        deployment: "headscale",
        volume: { ...server.volume, databases },
      },
    ],
  };
}

/** How the coordination server is shown beyond its cluster. */
function headscaleExposure({ cluster }: Reads, mesh: HeadscaleConfig): PortalExposure {
  if (cluster.kind === "embedded") {
    const loopback = mesh.address.startsWith("127.");
    return {
      type: "NodePort",
      nodePort: HEADSCALE_NODE_PORT,
      reason: loopback
        ? "the node's ports are published on this machine's loopback alone"
        : `mesh.address is ${mesh.address}`,
      address: loopback ? undefined : mesh.address,
    };
  }
  const reason = `mesh.service is ${mesh.service}`;
  return mesh.service === "LoadBalancer"
    ? { type: "LoadBalancer", reason, pool: mesh.addressPool }
    : { type: "NodePort", nodePort: HEADSCALE_NODE_PORT, reason };
}
