import type * as pulumi from "@pulumi/pulumi";
import { images, PublicTunnel } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer, Probe, Secrets, Wants } from "../../system.ts";
import type { CertificatesKeys } from "../certificates/schema.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { Membership } from "../people/people.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import { openNow, publishedOf } from "./published.ts";
import type { Published } from "./published.ts";
import { tunnelMistakes } from "./rules.ts";
import { tunnelKeys } from "./schema.ts";
import type { TunnelConfig, TunnelKeys } from "./schema.ts";

/** What a stack says of what it publishes. */
export interface TunnelOutputs {
  /** What is open to the internet, where, whose it is, and until when. */
  published: { what: string; owner: string; url: string; until?: string }[];
  /** PEM of the authority that signed for the published names; undefined where browsers know it, or Cloudflare signs. */
  caCertificate?: pulumi.Input<string>;
}

type Reads = TunnelKeys & PortalKeys & MeshKeys & Membership & CertificatesKeys;
type Needs = ClusterGives & SchedulingGives & PortalGives;

export const tunnel = system({
  keys: tunnelKeys,
  secrets: ["tunnelToken"],
  rules: tunnelMistakes,
  wants: tunnelWants,
  layer: tunnelLayer,
  notes: tunnelNotes,
});

function tunnelWants(config: Reads): Partial<Wants> {
  if (config.tunnel === undefined || openNow(config).length === 0) return {};
  const reference = config.tunnel.kind === "frp" ? images.frp.client : images.cloudflared;
  return { images: { tunnel: { reference } } };
}

function tunnelLayer(
  config: Reads,
  { classes, image, opts, portal }: Needs,
  { tunnelToken }: Secrets<"tunnelToken">,
): Layer<object, { tunnel: TunnelOutputs | null }> {
  const { tunnel: wanted } = config,
    open = openNow(config),
    end = portal.published;
  if (wanted === undefined) return { gives: {}, outputs: { tunnel: null } };
  if (end === undefined) return { gives: {}, outputs: { tunnel: { published: [] } } };
  new PublicTunnel(
    "tunnel",
    {
      to: wanted.kind === "frp" ? wanted : { kind: "cloudflare" },
      // The rules of the config make sure that it is there.
      token: tunnelToken ?? "",
      hosts: open.map(({ host }) => host),
      end,
      image: image("tunnel"),
      priorityClass: classes.platform,
    },
    opts,
  );
  // Visitors of Cloudflare's see a certificate of Cloudflare's.
  const caCertificate = wanted.kind === "frp" ? end.caCertificate : undefined;
  const published = open.map(({ what, owner, host, until }) => ({
    what,
    owner,
    url: publicUrl(wanted, host),
    ...(until !== undefined && { until }),
  }));
  return {
    gives: {},
    outputs: { tunnel: { published, ...(caCertificate !== undefined && { caCertificate }) } },
    // A line each, beside that of the tunnel's own pod.
    probes: published.map(({ what, url }): Probe => ({
      what: `${what} on the internet`,
      component: { type: "Publication", name: url },
      url,
      authority: caCertificate,
    })),
  };
}

function publicUrl(wanted: TunnelConfig, host: string): string {
  const port = wanted.kind === "frp" && wanted.publicPort !== 443 ? `:${wanted.publicPort}` : "";
  return `https://${host}${port}/`;
}

/** What a person should know of what is open, and of what no longer is. */
export function tunnelNotes(config: Reads): string[] {
  const { tunnel: wanted, certificates } = config;
  if (wanted === undefined) return [];
  const all = publishedOf(config);
  const told = all.map((one) => noteOf(wanted, one));
  const isKnown = wanted.kind === "cloudflare" || certificates?.issuer.kind === "acme";
  return all.every(({ isOver }) => isOver) || isKnown
    ? told
    : [
        ...told,
        "Browsers don't know who signed for the published names. certificates.issuer.kind: acme has that done by an authority they know.",
      ];
}

function noteOf(wanted: TunnelConfig, { what, owner, host, until, isOver }: Published): string {
  if (isOver)
    return `${host} is closed: its time was over at ${until}. Remove it from tunnel.publish, or write a later day.`;
  return `Everybody on the internet can open ${what}, of ${owner}, at ${publicUrl(wanted, host)}${until === undefined ? "" : `, until ${until}`}.`;
}
