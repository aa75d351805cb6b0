import type * as pulumi from "@pulumi/pulumi";
import { portalAddresses } from "../../../components/index.ts";
import type { Proxy } from "../../../components/index.ts";
import { headscaleHostname, meshNames } from "../mesh/names.ts";
import type { GuildConfig } from "../../schema.ts";

/** The guild's proxy as components take it, with all that is never asked through it: the guild's own networks and names, on its mesh too. */
export function guildProxy(config: GuildConfig, credentials?: pulumi.Output<string>): Proxy | undefined {
  const { cluster, mesh, portal, proxy } = config;
  if (proxy === undefined) return undefined;
  const networks = [cluster.podCidr, cluster.serviceCidr, cluster.kind === "embedded" ? cluster.lanCidr : undefined].filter((cidr) => cidr !== undefined);
  const onMesh = mesh.kind === "none" ? [] : [meshNames(mesh).baseDomain, mesh.domain, ...(mesh.kind === "headscale" ? [headscaleHostname(mesh, portal)] : [])];
  const names = [...new Set([portal.host, portalAddresses(portal).appsDomain, ...onMesh])];
  return { ...proxy, credentials, exclude: [...proxy.exclude, ...networks, ...names.flatMap((name) => [name, `.${name}`])] };
}
