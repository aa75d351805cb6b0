import type { PortalArgs } from "../../../components/index.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { HeadscaleConfig, MeshKeys, SomeMeshConfig } from "./schema.ts";

/** Names of a guild on its mesh. */
export interface MeshNames {
  /** Domain of the devices' names. */
  baseDomain: string;
  /** Where the portal is, at port 443. */
  portalHost: string;
  /** Where Radicle's seed is, where the guild has one. */
  seedHost: string;
  /** Domain below which every workspace has a name. */
  appsDomain: string;
  /** Domain that the guild's own DNS on the mesh answers for, and what it answers below it. */
  zone: { domain: string; names: string[] };
}

/** Label of the portal's name on a mesh. */
export const PORTAL_LABEL = "portal";
/** Of Radicle's seed's. */
export const SEED_LABEL = "radicle";

/**
 * The portal's name, and the seed's, is one of the mesh's own (MagicDNS) where the guild keeps the server, whose
 * settings can hold further names. Elsewhere it is in the guild's zone, like the workspaces.
 */
export function meshNames(mesh: SomeMeshConfig): MeshNames {
  const { domain } = mesh;
  const appsDomain = `apps.${domain}`;
  if (mesh.kind === "headscale") {
    const baseDomain = mesh.baseDomain ?? `mesh.${domain}`;
    return {
      baseDomain,
      portalHost: `${PORTAL_LABEL}.${baseDomain}`,
      seedHost: `${SEED_LABEL}.${baseDomain}`,
      appsDomain,
      zone: { domain: appsDomain, names: ["*"] },
    };
  }
  return {
    baseDomain: mesh.baseDomain,
    portalHost: `${PORTAL_LABEL}.${domain}`,
    seedHost: `${SEED_LABEL}.${domain}`,
    appsDomain,
    zone: { domain, names: [PORTAL_LABEL, "*.apps"] },
  };
}

/** Name devices log in at. */
export function headscaleHostname(mesh: HeadscaleConfig, portal: Pick<PortalKeys["portal"], "host">): string {
  return mesh.hostname ?? `headscale.${portal.host}`;
}

/** The portal's names on the mesh. */
export function portalOnMesh({ mesh }: MeshKeys): PortalArgs["mesh"] {
  if (mesh.kind === "none") return undefined;
  const { portalHost, appsDomain } = meshNames(mesh);
  return { host: portalHost, appsDomain };
}
