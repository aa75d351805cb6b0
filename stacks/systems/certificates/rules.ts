import { isBelow, portalAddresses } from "../../../components/index.ts";
import type { Broken, Given } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";
import { meshNames } from "../mesh/names.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { CertificatesKeys } from "./schema.ts";

/** Domains that no authority signs for: nobody owns a name in them (RFC 6761, RFC 6762, RFC 8375, and ICANN's for private use). */
const NOBODYS = ["localhost", "internal", "local", "test", "example", "invalid", "onion", "home.arpa"];

/** What is wrong with who signs certificates. */
export function certificateMistakes(
  config: CertificatesKeys & PortalKeys & MeshKeys,
  { dnsToken = false }: Given<"dnsToken">,
): Broken[] {
  const issuer = config.certificates?.issuer,
    path: Path = ["certificates", "issuer", "kind"];
  if (issuer?.kind !== "acme") {
    return dnsToken
      ? [
          {
            paths: [path],
            allowed: 'no secret guildnet:dnsToken unless it is "acme"',
            fix: "run: pulumi config rm guildnet:dnsToken, or choose acme",
          },
        ]
      : [];
  }
  const broken: Broken[] = dnsToken
    ? []
    : [
        {
          paths: [path],
          allowed: 'the secret guildnet:dnsToken, where it is "acme"',
          fix: "add it: pulumi config set --secret guildnet:dnsToken",
        },
      ];
  for (const { key, name } of names(config)) {
    if (!NOBODYS.some((domain) => isBelow(name, domain))) continue;
    broken.push({
      paths: [key, path],
      allowed: `a name in a domain of yours, as the issuer is "acme"; nobody owns "${name}"`,
      fix: 'choose another, for instance "guild.example.org", or the issuer "authority"',
    });
  }
  return broken;
}

/** What the portal's certificate is for, with the key that says so. */
function names({ portal, mesh }: PortalKeys & MeshKeys): { key: Path; name: string }[] {
  const { host, appsDomain } = portalAddresses(portal);
  const own: { key: Path; name: string }[] = [{ key: ["portal", "host"], name: host }];
  if (portal.appsDomain !== undefined) own.push({ key: ["portal", "appsDomain"], name: appsDomain });
  if (mesh.kind === "none") return own;
  return [...own, { key: ["mesh", "domain"], name: meshNames(mesh).portalHost }];
}
