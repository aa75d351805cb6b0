import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "../../provider/sdk/index.ts";
import type { CertificateIssuer } from "../kube/certificate-issuer.ts";
import { appSelector } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import { networkPolicies, program, tcp } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { serverCertificate } from "../kube/tls.ts";
import type { PodIdentity, TunnelEnd } from "../tunnel/identity.ts";
import { portalIdentity } from "../workspace/portal-identity.ts";
import { PUBLISHED_PORT } from "./deployment.ts";

/** Name of the ConfigMap; the portal's image knows it by that. */
export const PUBLISHED = "published";

/** What is open to the internet under a host name of its own. */
export interface Publication {
  /** In lower case. */
  host: string;
  /** What stands before the apps domain where the guild itself opens it: an app's name, or "<port>--<workspace>". */
  label: string;
  /** Time from which it is closed, as "2026-12-25T00:00:00Z". @default it stays */
  until?: string;
  /** Whether it is open although its own visibility lets in some alone. @default false */
  evenThoughPrivate?: boolean;
}

export interface PublishedArgs {
  /** At least one. */
  publications: readonly Publication[];
  /** The pods of the tunnel, which alone get in; usually `tunnelIdentity`. */
  tunnel: PodIdentity;
  /** Whether these tell of each connection for which visitor it is, as frp's client does. @default false */
  announced?: boolean;
  /** Signs the certificate for the published names, and renews it. @default an authority of their own, which no browser knows, and for no other name */
  issuer?: CertificateIssuer;
}

/**
 * Children `<portal>-published-…`: an entrance of its own for what comes from the internet, which serves the published
 * names and neither the portal nor a workspace's own. Beside the Service for browsers, lest that be reached where this is.
 */
export function publishedEntrance(
  portal: Place,
  { publications, tunnel, issuer }: PublishedArgs,
): { end: TunnelEnd; tlsSecret: pulumi.Output<string> } {
  const place = { ...portal, name: `${portal.name}-published` },
    { parent } = place;
  const [first = "", ...others] = publications.map(({ host }) => host);
  new k8s.core.v1.ConfigMap(
    `${place.name}-list`,
    { metadata: metaIn(place, PUBLISHED), data: { publications: JSON.stringify(publications) } },
    { parent },
  );
  const authority =
    issuer === undefined
      ? new CertificateAuthority(
          `${place.name}-authority`,
          { commonName: "GuildNet published", permitted: { dnsNames: [first, ...others], ipAddresses: [] } },
          { parent },
        )
      : undefined;
  const certificate = serverCertificate(place, {
    authority: authority ?? { certificatePem: "", privateKeyPem: "" },
    issuer,
    dnsNames: [first, ...others],
    prefix: `${PUBLISHED}-`,
  });
  networkPolicies(place, {
    "from-tunnel": {
      pods: appSelector("portal"),
      from: [{ peers: [program(tunnel.app, tunnel.namespace)], ports: tcp(PUBLISHED_PORT) }],
    },
  });
  new k8s.core.v1.Service(
    `${place.name}-service`,
    {
      metadata: metaIn(place, PUBLISHED, unawaited),
      spec: {
        type: "ClusterIP",
        selector: appSelector("portal"),
        ports: [{ name: "published", port: PUBLISHED_PORT, targetPort: PUBLISHED_PORT, protocol: "TCP" }],
      },
    },
    { parent },
  );
  const { namespace } = portalIdentity;
  return {
    end: {
      host: `${PUBLISHED}.${namespace}.svc`,
      port: PUBLISHED_PORT,
      pods: { namespace, app: "portal" },
      caCertificate: issuer === undefined ? authority?.certificatePem : issuer.caCertificate,
    },
    tlsSecret: certificate.secret,
  };
}
