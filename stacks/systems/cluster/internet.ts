import ipaddr from "ipaddr.js";
import type { Broken } from "../../check/broken.ts";
import { overlap } from "../../check/cidr.ts";
import type { Path } from "../../check/mistakes.ts";
import type { ClusterKeys } from "./schema.ts";

/** Where nothing that a workspace may be let to is: this machine, links of its own with the metadata services, groups. */
const NOWHERE = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
/** The embedded node's own. */
const NODE = "198.18.0.0/15";
export const INTERNET = "0.0.0.0/0";

/** What is wrong with the networks that a workspace or app shall reach. */
export function internetMistakes(config: ClusterKeys, internet: boolean | readonly string[], path: Path): Broken[] {
  return typeof internet === "boolean"
    ? []
    : internet.flatMap((cidr, index) => networkMistake(config, cidr, [...path, index]));
}

/** Why a place may not be let to a network. */
export function networkMistake({ cluster }: ClusterKeys, cidr: string, path: Path): Broken[] {
  if (cidr === INTERNET) return [];
  const first = `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split("/")[1]}`;
  if (first !== cidr)
    return [{ paths: [path], allowed: "a network's first address and its length", fix: `write "${first}"` }];
  if (NOWHERE.some((range) => overlap(range, cidr))) {
    return [
      {
        paths: [path],
        allowed: `a network outside of ${NOWHERE.join(", ")}, or "${INTERNET}" for the internet`,
        fix: "remove it",
      },
    ];
  }
  const own = [
    ...(["podCidr", "serviceCidr"] as const).map((key) => ({ key, cidr: cluster[key] })),
    ...(cluster.kind === "embedded" ? [{ key: "lanCidr", cidr: cluster.lanCidr }] : []),
  ].find((each) => each.cidr !== undefined && overlap(each.cidr, cidr));
  if (own !== undefined) {
    return [
      {
        paths: [path, ["cluster", own.key]],
        allowed: `a network that doesn't overlap cluster.${own.key}, ${own.cidr}, in which people are kept apart`,
        fix: `name the networks in it that are needed, or set cluster.${own.key} to another`,
      },
    ];
  }
  if (cluster.kind === "embedded" && overlap(NODE, cidr))
    return [
      { paths: [path], allowed: `a network outside of ${NODE}, where the cluster's node itself is`, fix: "remove it" },
    ];
  return [];
}
