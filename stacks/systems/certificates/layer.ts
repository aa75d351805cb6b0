import type * as pulumi from "@pulumi/pulumi";
import { Certificates, images } from "../../../components/index.ts";
import type { AcmeArgs, Authority, CertificatesArgs, ClusterAccess, EmbeddedCluster } from "../../../components/index.ts";
import type { GuildConfig } from "../../schema.ts";

export type CertificateImages = CertificatesArgs["images"];

const nodeNames = { controller: "cert-manager-controller", webhook: "cert-manager-webhook", cainjector: "cert-manager-cainjector" } as const;

/** What certificates stand on. */
export interface CertificateGround {
  access: ClusterAccess;
  authority: Authority;
  images: CertificateImages;
  /** For the records that prove a domain. */
  token?: pulumi.Output<string>;
  priorityClass: pulumi.Input<string>;
}

/** Images an embedded node must have for certificates that renew. */
export function certificateImages({ certificates }: GuildConfig): Record<string, { reference: string }> {
  if (certificates === undefined) return {};
  const { controller, webhook, cainjector } = images.certManager;
  return { [nodeNames.controller]: { reference: controller }, [nodeNames.webhook]: { reference: webhook }, [nodeNames.cainjector]: { reference: cainjector } };
}

/** The same once they are there; undefined where none was wanted. */
export function certificatesOn({ images: there }: EmbeddedCluster): CertificateImages {
  const controller = there[nodeNames.controller], webhook = there[nodeNames.webhook], cainjector = there[nodeNames.cainjector];
  return controller && webhook && cainjector && { controller, webhook, cainjector };
}

/** What renews certificates; undefined where nothing does. */
export function certificateLayer({ certificates }: GuildConfig, { access, authority, images: programs, token, priorityClass }: CertificateGround, opts: pulumi.ComponentResourceOptions): Certificates | undefined {
  if (certificates === undefined) return undefined;
  return new Certificates("certificates", { cluster: access, authority, acme: acmeOf(certificates, token), images: programs, priorityClass }, opts);
}

function acmeOf({ issuer }: NonNullable<GuildConfig["certificates"]>, token: pulumi.Output<string> | undefined): AcmeArgs | undefined {
  if (issuer.kind === "authority") return undefined;
  if (token === undefined) throw new Error("an ACME issuer needs its token");
  const { email, server, dns01 } = issuer;
  return { email, server, dns01, token };
}
