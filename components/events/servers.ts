import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority } from "../../provider/sdk/index.ts";
import { unawaited } from "../kube/metadata.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { appSelector } from "../kube/labels.ts";
import { tlsSecret } from "../kube/tls.ts";
import { EVENTS_NAMESPACE, EVENTS_SERVERS_APP, eventPods } from "./identity.ts";
import { ROUTE_PORT } from "./settings.ts";

/** Under which each of three servers finds the others. */
export const routeHosts = eventPods().map((pod) => `${pod}.${EVENTS_SERVERS_APP}.${EVENTS_NAMESPACE}.svc`);

/** What servers know each other by. */
export interface Routes {
  /** Name of the Service that gives their pods names. */
  service: pulumi.Output<string>;
  /** Of the authority that signed their certificates, PEM. */
  authorityPem: pulumi.Output<string>;
  /** Secrets with the certificate of each, in their order. */
  secrets: pulumi.Output<string>[];
  certificates: Certificate[];
}

/**
 * Names and certificates by which three servers find and trust each other: children `<place>-routes`,
 * `<place>-route-authority`, and for each server `<place>-route-certificate-<n>` and `<place>-route-tls-<n>`.
 *
 * The authority is theirs alone. Whoever has a certificate of it is a server, and reads and says everything; by that of the
 * guild, each of whose services has one, all of these would be.
 */
export function routes(place: Place): Routes {
  const { name, parent } = place;
  const service = new k8s.core.v1.Service(
    `${name}-routes`,
    {
      metadata: metaIn(place, EVENTS_SERVERS_APP, unawaited),
      spec: {
        clusterIP: "None",
        // They find each other before any of them is well: none of them is without the others.
        publishNotReadyAddresses: true,
        selector: appSelector(EVENTS_SERVERS_APP),
        ports: [{ name: "routes", port: ROUTE_PORT, targetPort: "routes", protocol: "TCP" }],
      },
    },
    { parent },
  );
  const authority = new CertificateAuthority(
    `${name}-route-authority`,
    { commonName: "event bus servers" },
    { parent },
  );
  const certificates = routeHosts.map(
    (host, index) =>
      new Certificate(
        `${name}-route-certificate-${index}`,
        {
          caCertificatePem: authority.certificatePem,
          caPrivateKeyPem: authority.privateKeyPem,
          commonName: eventPods()[index] ?? host,
          dnsNames: [host],
          usages: ["server", "client"],
        },
        { parent },
      ),
  );
  return {
    service: service.metadata.name,
    authorityPem: authority.certificatePem,
    secrets: certificates.map((certificate, index) => tlsSecret(place, `route-tls-${index}`, certificate)),
    certificates,
  };
}
