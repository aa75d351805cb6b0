import { parse } from "tldts";

const SUFFIX = "-apps";
/** RFC 1035, section 2.3.4. */
const LONGEST_LABEL = 63;

/**
 * Domain for the workspaces' host names: beside the portal's host, `guild-apps.example.org` for `guild.example.org`, so
 * that no page of a workspace can set cookies for the portal. Where such a name would be anybody's to register, as beside
 * `example.org` and `guild.co.uk`, it is below the host.
 * @see https://publicsuffix.org
 */
export function appsDomainBeside(host: string): string {
  const [label = "", ...parents] = host.split(".");
  const { domain, isIcann, isPrivate } = parse(host, { allowPrivateDomains: true });
  const isSold = (isIcann === true || isPrivate === true) && (domain === null || domain === host.toLowerCase());
  return isSold || label.length + SUFFIX.length > LONGEST_LABEL
    ? appsDomainBelow(host)
    : [label + SUFFIX, ...parents].join(".");
}

/** Domain for the workspaces' host names below the portal's host. */
export function appsDomainBelow(host: string): string {
  return `apps.${host}`;
}
