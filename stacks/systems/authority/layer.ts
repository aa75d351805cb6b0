import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority, portalAddresses } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Ground, Layer, Wants } from "../../system.ts";
import type { PortalKeys } from "../portal/schema.ts";

export interface AuthorityGives {
  /** The guild's one authority, made before the cluster: its nodes trust it for the registry from their start. */
  authority: CertificateAuthority;
}

export const authority = system({ keys: {}, layer: authorityLayer });

/** What an authority may sign for, all below these included. */
export interface AuthorityNames {
  dnsNames: string[];
  ipAddresses: string[];
}

/** One for all that the guild serves, so that a browser imports one. The portal had it first, and a stack from then keeps what its browsers know. */
function authorityLayer(config: PortalKeys & { name: string }, { wants }: Ground): Layer<AuthorityGives, object> {
  const portal = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::guildnet:index:Portal::portal`;
  const made = new CertificateAuthority(
    "authority",
    { commonName: `${config.name} CA`, permitted: authorityNames(config, wants) },
    { aliases: [{ name: "portal-authority", parent: portal }] },
  );
  return { gives: { authority: made }, outputs: {} };
}

/**
 * Names and addresses of the guild: of its portal and workspaces, of what is served inside its cluster, and of all else.
 * Another order would be another certificate, and every browser's to import anew.
 */
export function authorityNames(
  { portal }: PortalKeys,
  { dnsNames, ipAddresses }: Pick<Wants, "dnsNames" | "ipAddresses">,
): AuthorityNames {
  const { host, appsDomain } = portalAddresses(portal);
  return {
    dnsNames: outermost([
      host,
      appsDomain,
      ...dnsNames.filter(isInside),
      ...dnsNames.filter((name) => !isInside(name)),
    ]),
    ipAddresses: [...new Set(ipAddresses)],
  };
}

/** Whether a name is a Service's. */
function isInside(name: string): boolean {
  return name.endsWith(".svc");
}

/** Without what is below another. */
function outermost(names: string[]): string[] {
  return [...new Set(names)].filter((name) => !names.some((other) => name.endsWith(`.${other}`)));
}
