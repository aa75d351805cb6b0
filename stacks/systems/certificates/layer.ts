import type * as pulumi from "@pulumi/pulumi";
import { Certificates, images } from "../../../components/index.ts";
import type { AcmeArgs } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Layer, Secrets } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import { certificateMistakes } from "./rules.ts";
import { certificatesKeys } from "./schema.ts";
import type { CertificatesKeys } from "./schema.ts";

export interface CertificatesGives {
  /** What renews certificates; undefined where nothing does. */
  certificates: Certificates | undefined;
}

type Needs = AuthorityGives & ClusterGives & SchedulingGives;

export const certificates = system({
  keys: certificatesKeys,
  secrets: ["dnsToken"],
  rules: certificateMistakes,
  wants: certificatesWants,
  layer: certificatesLayer,
});

function certificatesWants({ certificates: wanted }: CertificatesKeys): Partial<Wants> {
  if (wanted === undefined) return {};
  const { controller, webhook, cainjector } = images.certManager;
  return {
    images: {
      "cert-manager-controller": { reference: controller },
      "cert-manager-webhook": { reference: webhook },
      "cert-manager-cainjector": { reference: cainjector },
    },
  };
}

function certificatesLayer(
  { certificates: wanted }: CertificatesKeys,
  { access, authority, classes, image, opts }: Needs,
  { dnsToken }: Secrets<"dnsToken">,
): Layer<CertificatesGives, object> {
  if (wanted === undefined) return { gives: { certificates: undefined }, outputs: {} };
  const programs = {
    controller: image("cert-manager-controller"),
    webhook: image("cert-manager-webhook"),
    cainjector: image("cert-manager-cainjector"),
  };
  const made = new Certificates(
    "certificates",
    { cluster: access, authority, acme: acmeOf(wanted, dnsToken), images: programs, priorityClass: classes.platform },
    opts,
  );
  return { gives: { certificates: made }, outputs: {} };
}

function acmeOf(
  { issuer }: NonNullable<CertificatesKeys["certificates"]>,
  token: pulumi.Output<string> | undefined,
): AcmeArgs | undefined {
  if (issuer.kind === "authority") return undefined;
  if (token === undefined) throw new Error("an ACME issuer needs its token");
  const { email, server, dns01 } = issuer;
  return { email, server, dns01, token };
}
