import * as pulumi from "@pulumi/pulumi";
import { backupServerHost, CertificateAuthority, portalAddresses, registryHost } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer } from "../../system.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { headscaleHostname, meshNames } from "../mesh/names.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { registryAddress } from "../registry/address.ts";
import type { RegistryKeys } from "../registry/schema.ts";

export interface AuthorityGives {
  /** The guild's one authority, made before the cluster: its nodes trust it for the registry from their start. */
  authority: CertificateAuthority;
}

type Reads = PortalKeys & MeshKeys & ClusterKeys & RegistryKeys;

export const authority = system({ keys: {}, layer: authorityLayer });

/** What an authority may sign for, all below these included. */
export interface AuthorityNames {
  dnsNames: string[];
  ipAddresses: string[];
}

/** One for all that the guild serves, so that a browser imports one. The portal had it first, and a stack from then keeps what its browsers know. */
function authorityLayer(config: Reads & { name: string }): Layer<AuthorityGives, object> {
  const portal = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::guildnet:index:Portal::portal`;
  const made = new CertificateAuthority("authority", { commonName: `${config.name} CA`, permitted: authorityNames(config) }, { aliases: [{ name: "portal-authority", parent: portal }] });
  return { gives: { authority: made }, outputs: {} };
}

/** Names and addresses of the guild: of its portal and workspaces, of what is served inside its cluster, and of its mesh. */
export function authorityNames(config: Reads): AuthorityNames {
  const { portal, mesh, cluster } = config, registry = registryAddress(config);
  const own = mesh.kind === "headscale";
  const onMesh = mesh.kind === "none" ? [] : [meshNames(mesh).portalHost, meshNames(mesh).appsDomain, ...(own ? [headscaleHostname(mesh, portal)] : [])];
  const published = own && mesh.placement === "cluster" && cluster.kind === "embedded" ? [mesh.address] : [];
  return {
    dnsNames: outermost([portal.host, portalAddresses(portal).appsDomain, registryHost, backupServerHost, onMesh].flat()),
    ipAddresses: [...new Set([registry ?? [], published].flat())],
  };
}

/** Without what is below another. */
function outermost(names: string[]): string[] {
  return [...new Set(names)].filter((name) => !names.some((other) => name.endsWith(`.${other}`)));
}
