import * as pulumi from "@pulumi/pulumi";
import { guildPolicy, images, MESH_PLACE, MeshDns, SubnetRouter, tag } from "../../../components/index.ts";
import type { MeshPolicy } from "../../../components/index.ts";
import type { Given } from "../../check/broken.ts";
import { system } from "../../system.ts";
import type { Wants, Layer, Secrets, WantedVolume } from "../../system.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { RadicleGives } from "../radicle/layer.ts";
import type { RadicleKeys } from "../radicle/schema.ts";
import type { StorageGives } from "../storage/layer.ts";
import { headscaleHostname, meshNames, SEED_LABEL } from "./names.ts";
import { meshMistakes } from "./rules.ts";
import { meshKeys } from "./schema.ts";
import type { MeshKeys, SomeMeshConfig } from "./schema.ts";
import { HEADSCALE_NODE_PORT, inCluster, meshServer } from "./server.ts";

/** What a stack says of its mesh. */
export interface MeshOutputs {
  /** Whose it is: the guild's own, or one that was there already. */
  kind: SomeMeshConfig["kind"];
  /** Where devices log in; undefined for Tailscale's own. */
  loginServer?: pulumi.Input<string>;
  /** PEM of the authority that devices must trust for it; undefined where the system's authorities do. */
  caCertificate?: pulumi.Input<string>;
  /** Where the portal is for them. */
  portalUrl: string;
  /** Where Radicle's seed is for them, with its port; undefined where the guild has none. */
  seed?: string;
  /** Which name server answers for the guild's domain. */
  dns: { domain: string; nameserver: pulumi.Output<string> };
  /** Networks that the router leads to, comma-separated; undefined where there is no router yet. */
  routes?: pulumi.Output<string>;
  /** Key by which a device joins, by its name. Secret. */
  keys: Record<string, pulumi.Output<string>>;
}

type Reads = MeshKeys & ClusterKeys & PortalKeys & RadicleKeys & Membership;
type Needs = ClusterGives & CertificatesGives & StorageGives & PortalGives & RadicleGives;

export const mesh = system({
  keys: meshKeys,
  secrets: ["meshApiKey"],
  rules: meshMistakes,
  volumes: meshVolumes,
  wants: meshWants,
  layer: meshLayer,
  notes: (config: Reads, { meshApiKey = false }: Given<"meshApiKey">) => meshNotes(config, meshApiKey),
});

function meshVolumes({ mesh: wanted }: MeshKeys): WantedVolume[] {
  return inCluster(wanted) ? [{ path: ["mesh"], ...MESH_PLACE, size: wanted.storage, sizeKey: ["storage"] }] : [];
}

function meshWants({ mesh: wanted, cluster, portal }: Reads): Partial<Wants> {
  if (wanted.kind === "none") return {};
  const router = { tailscale: { reference: images.tailscale } },
    { portalHost, appsDomain } = meshNames(wanted);
  const dnsNames = [
    portalHost,
    appsDomain,
    ...(wanted.kind === "headscale" ? [headscaleHostname(wanted, portal)] : []),
  ];
  if (!inCluster(wanted)) return { images: router, dnsNames };
  return {
    images: { ...router, headscale: { reference: images.headscale } },
    dnsNames,
    ipAddresses: cluster.kind === "embedded" ? [wanted.address] : [],
    publish: [{ hostAddress: wanted.address, hostPort: wanted.port, nodePort: HEADSCALE_NODE_PORT }],
  };
}

/**
 * The mesh, the way from it into the cluster, and the guild's names on it. All of it hangs on
 * the address of the portal's Service, which the router leads to: the portal needs no device of
 * its own, a wildcard name needs nothing but an address, and the same holds on every kind of mesh.
 */
function meshLayer(
  config: Reads,
  ground: Needs,
  { meshApiKey }: Secrets<"meshApiKey">,
): Layer<object, { mesh: MeshOutputs | null }> {
  const { mesh: wanted } = config,
    { portal, seed, opts } = ground;
  if (wanted.kind === "none") return { gives: {}, outputs: { mesh: null } };
  const { zone, portalHost, seedHost } = meshNames(wanted);
  const dns = new MeshDns(
    "mesh-dns",
    {
      domain: zone.domain,
      names: {
        ...Object.fromEntries(zone.names.map((name) => [name, portal.clusterAddress])),
        // The guild's own server tells it with its settings.
        ...(seed && wanted.kind !== "headscale" && { [SEED_LABEL]: seed.address }),
      },
    },
    opts,
  );
  const routes = routesOf(config, ground, dns);
  const { server, kept } = meshServer(config, ground, {
    dns,
    policy: policyOf(config, ground, dns, routes),
    apiKey: meshApiKey,
  });
  const outputs = {
    kind: wanted.kind,
    loginServer: server.loginServer,
    caCertificate: server.caCertificate,
    portalUrl: `https://${portalHost}`,
    ...(seed && { seed: `${seedHost}:${seed.port}` }),
    dns: { domain: zone.domain, nameserver: dns.address },
  };
  const probes =
    server.loginServer === undefined
      ? []
      : [
          {
            what: "mesh server",
            component: { type: "Headscale" },
            url: server.loginServer,
            authority: server.caCertificate,
          },
        ];
  if (wanted.kind === "headscale" && wanted.placement === "host" && meshApiKey === undefined)
    return { gives: {}, outputs: { mesh: { ...outputs, keys: {} } }, probes };
  const { router, keyGeneration } = wanted;
  // A key at a server that outlives the cluster is to be ended there, not forgotten with the cluster.
  const perishing = inCluster(wanted) ? opts : { ...opts, deletedWith: undefined };
  const way = new SubnetRouter(
    "router",
    {
      mesh: server,
      routes,
      mode: router.mode,
      hostname: router.hostname,
      keyGeneration,
      image: ground.image("tailscale"),
      storageClass: ground.storageClass,
    },
    perishing,
  );
  const keys = wanted.devices.map((device) => [
    device,
    server.authKey(`mesh-device-${device}`, { tags: [tag.client], generation: keyGeneration }, { parent: server }),
  ]);
  return {
    gives: {},
    outputs: { mesh: { ...outputs, routes: way.routes, keys: Object.fromEntries(keys) as MeshOutputs["keys"] } },
    kept,
    probes,
  };
}

/** The cluster's networks where they are known, else the few addresses that matter; and what the config adds. */
function routesOf(
  { cluster, mesh: wanted }: Reads,
  { access, portal, seed }: Needs,
  dns: MeshDns,
): pulumi.Input<string>[] {
  const own =
    cluster.serviceCidr === undefined || access.serviceCidr === undefined
      ? [portal.clusterAddress, dns.address, ...(seed ? [seed.address] : [])].map(
          (address) => pulumi.interpolate`${address}/32`,
        )
      : [access.serviceCidr];
  return [
    ...own,
    ...(access.podCidr === undefined ? [] : [access.podCidr]),
    ...(wanted.kind === "none" ? [] : wanted.router.routes),
  ];
}

function policyOf(
  config: Reads,
  { access, portal, seed }: Needs,
  dns: MeshDns,
  routes: pulumi.Input<string>[],
): pulumi.Output<MeshPolicy> {
  const { mesh: wanted } = config;
  if (wanted.kind === "none") throw new Error("no mesh has a policy");
  const open = [...(wanted.access === "cluster" ? [access.serviceCidr, access.podCidr] : []), ...wanted.router.routes];
  return pulumi.output({ portal: portal.clusterAddress, dns: dns.address, seed, routes, open }).apply((known) =>
    guildPolicy({
      // A tailnet knows its people by their e-mail addresses, which the guild doesn't.
      people: wanted.kind === "tailnet" ? [] : peopleOf(config),
      destinations: [
        { name: "portal", address: known.portal, ports: [443] },
        { name: "names", address: known.dns, ports: [53] },
        ...(known.seed ? [{ name: "radicle", address: known.seed.address, ports: [known.seed.port] }] : []),
      ],
      openNetworks: known.open.filter((network) => network !== undefined),
      routes: known.routes,
    }),
  );
}

/** What a person should know of the mesh. */
export function meshNotes({ mesh: wanted, cluster }: Reads, hasApiKey: boolean): string[] {
  if (wanted.kind === "none") return [];
  const notes = ["Linux devices find the guild once they ask for its routes: tailscale up --accept-routes."];
  if (inCluster(wanted) && cluster.kind === "embedded" && wanted.address.startsWith("127.")) {
    notes.push(
      "The mesh's server listens on this machine's loopback alone, so only devices on this machine can join. To open it to your network, set mesh.address.",
    );
  }
  if (wanted.kind === "headscale" && wanted.placement === "host" && !hasApiKey)
    notes.push(
      "The mesh's server has no API key yet. On its host: docker exec guildnet-headscale headscale apikeys create --expiration 90d. Then here: npm run pulumi -- config set --secret guildnet:meshApiKey, and npm run up.",
    );
  if (wanted.kind === "existing")
    notes.push(
      `Devices find the guild's names once the settings of your Headscale have the domain ${meshNames(wanted).zone.domain} below dns.nameservers.split, with the name server that the output mesh.dns tells.`,
    );
  if (wanted.kind !== "headscale" && !wanted.managePolicy)
    notes.push(
      "The mesh's policy is yours: it must let tag:client reach the portal and the name server, and approve the routes of tag:router.",
    );
  return notes;
}
