import ipaddr from "ipaddr.js";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { proxyHost } from "../../../components/index.ts";
import type { Mistake } from "../../check/mistakes.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { ProxyKeys } from "./schema.ts";

/** How long a name server may take. Where it says nothing, nothing is said of it. */
const WITHIN_MS = 2_000;

/** What this machine knows of where a proxy is. */
export interface Surroundings {
  /** IPv4 addresses of a name; none where it is unknown here. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>;
  /** This machine's own. */
  readonly own: readonly string[];
}

/**
 * What is wrong with where the proxy turns out to be. NetworkPolicies know addresses alone: whether a name leads to a
 * private one shows only here, and whoever forgot to say so would have workspaces that reach nothing.
 */
export async function proxyPlaceMistakes(
  { proxy, cluster }: ProxyKeys & Pick<ClusterKeys, "cluster">,
  here: Surroundings = thisMachine(),
): Promise<Mistake[]> {
  if (proxy === undefined) return [];
  const told = await Promise.all(
    (["https", "http"] as const).map(async (key): Promise<Mistake[]> => {
      const address = proxy[key];
      if (address === undefined) return [];
      const { host } = proxyHost(address);
      const isName = !ipaddr.IPv4.isValid(host);
      const addresses = isName ? await here.addressesOf(host) : [host];
      if (cluster.kind === "embedded" && addresses.some((one) => here.own.includes(one) || isLoopback(one))) {
        return [
          {
            key: `proxy.${key}`,
            found: `${address}, which is this machine`,
            allowed: "a proxy on another machine: workspaces reach no address of the one that they run on",
            fix: "name the one in your network; one on this machine can serve tools and image builds, by HTTPS_PROXY in the environment",
          },
        ];
      }
      const shut = isName
        ? addresses.find(
            (one) =>
              isPrivate(one) &&
              !proxy.networks.some((cidr) => ipaddr.IPv4.parse(one).match(ipaddr.IPv4.parseCIDR(cidr))),
          )
        : undefined;
      if (shut === undefined) return [];
      return [
        {
          key: "proxy.networks",
          found: JSON.stringify(proxy.networks),
          allowed: `networks with the private address of ${host}, ${shut}: NetworkPolicies know no names`,
          fix: `add "${shut}/32", or the network it is in`,
        },
      ];
    }),
  );
  // Of one name in two keys there is one thing to say.
  return [...new Map(told.flat().map((mistake) => [`${mistake.key} ${mistake.fix}`, mistake])).values()];
}

function isPrivate(address: string): boolean {
  return ipaddr.IPv4.parse(address).range() !== "unicast";
}

/** As Debian's /etc/hosts has the machine's own name. */
function isLoopback(address: string): boolean {
  return ipaddr.IPv4.parse(address).range() === "loopback";
}

function thisMachine(): Surroundings {
  return {
    addressesOf: (name) =>
      Promise.race([
        lookup(name, { family: 4, all: true }).then(
          (found) => found.map(({ address }) => address),
          () => [],
        ),
        delay(WITHIN_MS, [], { ref: false }),
      ]),
    own: Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .map(({ address }) => address),
  };
}
