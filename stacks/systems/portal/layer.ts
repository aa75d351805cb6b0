import * as pulumi from "@pulumi/pulumi";
import {
  appsDomainBeside,
  isBelow,
  Portal,
  portalAddresses,
  toolsHost,
  tunnelIdentity,
} from "../../../components/index.ts";
import type { PortalArgs, SystemPages } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Layer } from "../../system.ts";
import type { AppsKeys } from "../apps/schema.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { CertificatesKeys } from "../certificates/schema.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { EventsGives } from "../events/layer.ts";
import type { EventsKeys } from "../events/schema.ts";
import { portalOnMesh } from "../mesh/names.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { CodexKeys } from "../model-gateway/codex-schema.ts";
import type { ModelGatewayKeys } from "../model-gateway/schema.ts";
import type { ModelsKeys } from "../models/schema.ts";
import { adminsOf, peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import { openNow } from "../tunnel/published.ts";
import type { TunnelKeys } from "../tunnel/schema.ts";
import { isLoopback, PORTAL_NODE_PORT, portalExposure } from "./exposure.ts";
import { portalMistakes } from "./rules.ts";
import { portalKeys } from "./schema.ts";
import type { PortalKeys } from "./schema.ts";
import { attachedTools, portalTools } from "./tools.ts";

export interface PortalGives {
  portal: Portal;
  /** It holds the programs that run beside other systems, too. */
  portalImage: pulumi.Input<string>;
}

interface PortalOutputs {
  portalUrl: string;
  /** Domain below which every workspace and app has its address. */
  appsDomain: string;
  /** PEM of the authority to trust. */
  caCertificate: pulumi.Output<string>;
  /** Key that sign-in links are signed with. Secret. */
  signInKey: pulumi.Output<string>;
}

type Reads = PortalKeys &
  ClusterKeys &
  MeshKeys &
  Membership &
  AppsKeys &
  CertificatesKeys &
  TunnelKeys &
  CodexKeys &
  EventsKeys &
  ModelGatewayKeys &
  ModelsKeys;
/** Systems before it, where there are some, that have pages of their own. */
type MayNeed = { pages?: readonly SystemPages[] };
type Needs = MayNeed & AuthorityGives & ClusterGives & SchedulingGives & CertificatesGives & EventsGives;

export const portal = system({
  keys: portalKeys,
  rules: portalMistakes,
  wants: portalWants,
  layer: portalLayer,
  notes: portalNotes,
});

function portalWants({ images, portal: { address, port } }: Reads): Partial<Wants> {
  return {
    // Signed for without agents as well: the authority is then the same when there are some.
    dnsNames: [toolsHost],
    images: {
      portal: {
        ...(images.portal === undefined ? { context: "images/portal" } : { reference: images.portal }),
        first: true,
      },
    },
    publish: [{ hostAddress: address, hostPort: port, nodePort: PORTAL_NODE_PORT, announceVisitors: true }],
  };
}

function portalLayer(
  config: Reads & { name: string },
  { access, authority, certificates, classes, events, image, opts, pages }: Needs,
): Layer<PortalGives, PortalOutputs> {
  const { host, port, appsDomain } = config.portal;
  const portalImage = image("portal"),
    tools = portalTools(config);
  const made = new Portal(
    "portal",
    {
      image: portalImage,
      authority,
      issuer: certificates?.open,
      endpoint: access.endpoint,
      host,
      port,
      appsDomain,
      mesh: portalOnMesh(config),
      guildName: config.name,
      linkCommand: `npm run link --${pulumi.getStack() === "dev" ? "" : ` --stack ${pulumi.getStack()}`}`,
      people: peopleOf(config),
      admins: adminsOf(config),
      exposure: portalExposure(config),
      published: publishedArgs(config, certificates),
      events,
      pages,
      tools:
        Object.keys(tools).length === 0
          ? undefined
          : { authority, issuer: certificates?.own, tokenGeneration: config.codex.tokenGeneration },
      priorityClass: classes.platform,
    },
    opts,
  );
  return {
    gives: { portal: made, portalImage },
    outputs: {
      portalUrl: made.url,
      appsDomain: portalAddresses(config.portal).appsDomain,
      caCertificate: made.caCertificate,
      signInKey: pulumi.secret(made.signInKey),
    },
    ...attachedTools(made, tools, config),
    probes: [{ what: "portal", component: { type: "Portal" }, url: made.url, authority: made.caCertificate }],
  };
}

/** The guild's own authority signs for no name that could be anybody's, so without ACME an authority of their own does. */
function publishedArgs(config: Reads, certificates: CertificatesGives["certificates"]): PortalArgs["published"] {
  const publications = openNow(config).map(({ host, label, until, evenThoughPrivate }) => ({
    host,
    label,
    ...(until !== undefined && { until }),
    evenThoughPrivate,
  }));
  if (publications.length === 0) return undefined;
  return {
    publications,
    tunnel: tunnelIdentity,
    announced: config.tunnel?.kind === "frp",
    issuer: config.certificates?.issuer.kind === "acme" ? certificates?.open : undefined,
  };
}

/** What a person should know, told once as an output instead of at every run. */
export function portalNotes({ apps, cluster, portal: wanted }: PortalKeys & ClusterKeys & AppsKeys): string[] {
  const result: string[] = [];
  if (cluster.kind === "embedded") {
    if (!isLoopback(wanted.address)) result.push(`The portal is open to the network of ${wanted.address}.`);
  } else if (wanted.service === undefined || wanted.service === "ClusterIP") {
    result.push(
      `Nothing outside the cluster reaches the portal. To open it from here: kubectl --namespace guildnet-portal port-forward service/portal ${wanted.port}:443`,
    );
  }
  const { host, appsDomain } = portalAddresses(wanted),
    beside = appsDomainBeside(host);
  if (isBelow(appsDomain, host) && appsDomain !== beside) {
    result.push(
      `Workspaces' names are below ${host}, where a page of theirs can set cookies for the portal. portal.appsDomain: ${beside} moves them to where none can; browsers then need the authority's new certificate, and what they keep for the old names, such as an IDE's open editors, stays behind.`,
    );
  }
  const open = apps.filter(({ visibility }) => visibility === "public").map(({ name }) => name);
  if (open.length > 0) result.push(`Whoever reaches the portal can open, without signing in: ${open.join(", ")}.`);
  return result;
}
