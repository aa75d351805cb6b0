import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import type { SystemPages } from "../kube/system-pages.ts";

/** What the portal's pod takes to lead people to systems' pages. */
export interface PagesAccess {
  /** Name of the Secret, with key and authority of each. */
  readonly secret: pulumi.Output<string>;
  /** The rest of what it has to know, as JSON. */
  readonly list: string;
  /** Changes with what is in the Secret, which is read at the start. Not secret. */
  readonly version: pulumi.Output<string>;
}

/** Child `<portal>-pages`. */
export function pagesAccess(place: Place, pages: readonly SystemPages[]): PagesAccess {
  const files = pages.flatMap(({ label, key, caCertificate }): [string, pulumi.Input<string>][] => [
    [`${label}.key`, pulumi.secret(key)],
    [`${label}.crt`, caCertificate],
  ]);
  const secret = new k8s.core.v1.Secret(
    `${place.name}-pages`,
    { metadata: metaIn(place, "pages"), stringData: Object.fromEntries(files) },
    { parent: place.parent },
  );
  return {
    secret: secret.metadata.name,
    list: JSON.stringify(
      pages.map(({ label, title, audience, host }) => ({ label, title, audience, address: `${host}:443` })),
    ),
    version: pulumi
      .all(pages.flatMap(({ keyVersion, caCertificate }) => [keyVersion, caCertificate]))
      .apply((parts) => parts.join("\n")),
  };
}

/** Out of the portal: to the pods of each. */
export function toPages(pages: readonly SystemPages[]): Policies {
  return Object.fromEntries(
    pages.map(({ label, pods: { app, namespace, port } }) => [
      `to-${label}`,
      { pods: appSelector("portal"), to: [{ peers: [program(app, namespace)], ports: tcp(port) }] },
    ]),
  );
}
