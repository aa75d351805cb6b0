import type * as pulumi from "@pulumi/pulumi";
import { portalAddresses } from "../../../components/index.ts";
import type { Proxy } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer, Secrets } from "../../system.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { headscaleHostname, meshNames } from "../mesh/names.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { proxyPlaceMistakes } from "./place.ts";
import { proxyMistakes } from "./rules.ts";
import { proxyKeys } from "./schema.ts";
import type { ProxyKeys } from "./schema.ts";

export interface ProxyGives {
  /** For whoever has the internet. */
  proxy: Proxy | undefined;
}

type Reads = ProxyKeys & ClusterKeys & MeshKeys & PortalKeys;

export const proxy = system({
  keys: proxyKeys,
  secrets: ["proxyCredentials"],
  rules: proxyMistakes,
  surroundings: (config: Reads) => proxyPlaceMistakes(config),
  layer: proxyLayer,
});

function proxyLayer(
  config: Reads,
  _: unknown,
  { proxyCredentials }: Secrets<"proxyCredentials">,
): Layer<ProxyGives, object> {
  return { gives: { proxy: guildProxy(config, proxyCredentials) }, outputs: {} };
}

/** The guild's proxy as components take it, with all that is never asked through it: the guild's own networks and names, on its mesh too. */
function guildProxy(config: Reads, credentials?: pulumi.Output<string>): Proxy | undefined {
  const { cluster, mesh, portal, proxy: wanted } = config;
  if (wanted === undefined) return undefined;
  const networks = [
    cluster.podCidr,
    cluster.serviceCidr,
    cluster.kind === "embedded" ? cluster.lanCidr : undefined,
  ].filter((cidr) => cidr !== undefined);
  const onMesh =
    mesh.kind === "none"
      ? []
      : [
          meshNames(mesh).baseDomain,
          mesh.domain,
          ...(mesh.kind === "headscale" ? [headscaleHostname(mesh, portal)] : []),
        ];
  const names = [...new Set([portal.host, portalAddresses(portal).appsDomain, ...onMesh])];
  return {
    ...wanted,
    credentials,
    exclude: [...wanted.exclude, ...networks, ...names.flatMap((name) => [name, `.${name}`])],
  };
}
