import type * as pulumi from "@pulumi/pulumi";

/** How the guild proves that a domain is its own: by a record in the domain's DNS. */
export type Dns01 =
  /** Dynamic updates of a name server, RFC 2136, signed with a TSIG key. */
  | {
      provider: "rfc2136";
      /** Address of the name server, with a port where it is not 53. */ nameserver: string;
      /** Name of the TSIG key. */ keyName: string;
      /** @default "HMACSHA256" */ algorithm?: TsigAlgorithm;
    }
  /** Cloudflare, by an API token that may read the zone and edit its DNS. */
  | { provider: "cloudflare" };

export const tsigAlgorithms = ["HMACSHA256", "HMACSHA384", "HMACSHA512"] as const;
export type TsigAlgorithm = (typeof tsigAlgorithms)[number];

export interface AcmeArgs {
  /** Where the authority writes to when something is wrong with a certificate. */
  email: string;
  /** Directory of the authority. @default Let's Encrypt's */
  server?: string;
  dns01: Dns01;
  /** The TSIG key's secret, base64, or the API token. Kept secret. */
  token: pulumi.Input<string>;
}

export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

/** Spec of an ACME issuer that solves challenges by DNS alone. `token` is where the secret is. https://cert-manager.io/docs/configuration/acme/dns01/ */
export function acmeIssuerSpec(
  { email, server = LETS_ENCRYPT, dns01 }: Omit<AcmeArgs, "token">,
  token: { name: pulumi.Input<string>; key: string },
) {
  return {
    acme: {
      email,
      server,
      // Made by cert-manager; with it the account is the same after a restart.
      privateKeySecretRef: { name: "guildnet-acme-account" },
      solvers: [{ dns01: solver(dns01, token) }],
    },
  };
}

function solver(dns01: Dns01, token: { name: pulumi.Input<string>; key: string }) {
  if (dns01.provider === "cloudflare") return { cloudflare: { apiTokenSecretRef: token } };
  const { nameserver, keyName, algorithm = "HMACSHA256" } = dns01;
  return { rfc2136: { nameserver, tsigKeyName: keyName, tsigAlgorithm: algorithm, tsigSecretSecretRef: token } };
}
