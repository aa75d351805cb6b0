import { areHostsOf, MESH_NETWORKS, poolMistakes, upperHalf } from "../../../components/index.ts";
import { contains, rangeOf, rangesOverlap } from "../../../components/kube/address-range.ts";
import { addressIn, networkMistake } from "../../../components/kube/cidr.ts";
import type { Broken } from "../../check/broken.ts";
import { overlap } from "../../check/cidr.ts";
import { closest } from "../../check/mistakes.ts";
import type { Path } from "../../check/mistakes.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { addressPools } from "./pools.ts";
import type { BalancerKeys } from "./schema.ts";

type Reads = BalancerKeys & ClusterKeys & MeshKeys & PortalKeys;

/** What is wrong with a load balancer, and with what asks it for an address. */
export function loadBalancerMistakes(config: Reads): Broken[] {
  return [...askedPoolMistakes(config), ...clusterMistakes(config), ...lanMistakes(config), ...poolsMistakes(config)];
}

const key = (...path: PropertyKey[]): Path => ["loadBalancer", ...path];

/** `addressPool` of whatever can be shown by a Service of type LoadBalancer. */
function askedPoolMistakes(config: Reads): Broken[] {
  const { portal, mesh } = config;
  const known = config.loadBalancer === undefined ? undefined : addressPools(config).map(({ name }) => name);
  return ([["portal", portal], ...(mesh.kind === "headscale" ? ([["mesh", mesh]] as const) : [])] as const).flatMap(
    ([whose, { addressPool, service }]): Broken[] => {
      if (addressPool === undefined) return [];
      const path = [whose, "addressPool"];
      if (service !== "LoadBalancer")
        return [
          { paths: [path, [whose, "service"]], allowed: `only with ${whose}.service "LoadBalancer"`, fix: "remove it" },
        ];
      // A cluster that has a load balancer of its own has pools that nothing is known of here.
      if (known === undefined || known.includes(addressPool)) return [];
      const meant = closest(addressPool, known);
      return [
        {
          paths: [path, key("pools")],
          allowed: `a pool of loadBalancer.pools: ${known.join(", ") || "none yet"}`,
          fix: meant === undefined ? "name one of them, or add this one" : `did you mean "${meant}"?`,
        },
      ];
    },
  );
}

/** What only one kind of cluster has or needs. */
function clusterMistakes({ cluster, loadBalancer }: Reads): Broken[] {
  if (loadBalancer === undefined) return [];
  const { lan, dhcp, interfaces, pools } = loadBalancer;
  if (cluster.kind === "existing") {
    const needed: Broken[] = [];
    if (lan === undefined)
      needed.push({
        paths: [key("lan"), ["cluster"]],
        allowed: 'the network that the nodes are on, as cluster.kind is "existing"',
        fix: 'add it, for instance "192.168.1.0/24"',
      });
    if (pools === undefined)
      needed.push({
        paths: [key("pools"), ["cluster"]],
        allowed: 'one pool or more, as cluster.kind is "existing"',
        fix: 'add one, for instance { name: default, addresses: ["192.168.1.240-192.168.1.250"] }',
      });
    return needed;
  }
  return Object.entries({ lan, interfaces, dhcp: dhcp.length === 0 ? undefined : dhcp })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => ({
      paths: [key(name), ["cluster"]],
      allowed: 'only with cluster.kind "existing"',
      fix: "remove it: an embedded cluster has a LAN of its own, cluster.lanCidr",
    }));
}

/** The network of the nodes of an existing cluster; that of an embedded one is looked at with its other networks. */
function lanMistakes({ cluster, loadBalancer, mesh }: Reads): Broken[] {
  const lan = loadBalancer?.lan;
  if (loadBalancer === undefined || lan === undefined || cluster.kind === "embedded") return [];
  const allowed = networkMistake(lan);
  if (allowed !== undefined) return [{ paths: [key("lan")], allowed, fix: "write that" }];
  const others = [
    ...(["podCidr", "serviceCidr"] as const).flatMap((name) =>
      cluster[name] === undefined ? [] : [{ name: `cluster.${name}`, path: ["cluster", name], cidr: cluster[name] }],
    ),
    ...(mesh.kind === "none" ? [] : [{ name: "the mesh", path: ["mesh", "kind"], cidr: MESH_NETWORKS.v4 }]),
  ];
  const other = others.find(({ cidr }) => overlap(cidr, lan));
  if (other !== undefined)
    return [
      {
        paths: [key("lan"), other.path],
        allowed: `a network that doesn't overlap ${other.name}, ${other.cidr}`,
        fix: "write the network that the nodes themselves are on",
      },
    ];
  return loadBalancer.dhcp.flatMap((range, index) =>
    contains(rangeOf(lan), rangeOf(range))
      ? []
      : [
          {
            paths: [key("dhcp", index), key("lan")],
            allowed: `addresses inside loadBalancer.lan, ${lan}`,
            fix: "write those, or remove it",
          },
        ],
  );
}

function poolsMistakes({ cluster, loadBalancer }: Reads): Broken[] {
  const pools = loadBalancer?.pools;
  if (loadBalancer === undefined || pools === undefined) return [];
  const among = poolMistakes(pools).map(({ pool, entry, allowed, fix }): Broken => ({
    paths: [entry === undefined ? key("pools", pool, "name") : key("pools", pool, "addresses", entry)],
    allowed,
    fix,
  }));
  const embedded = cluster.kind === "embedded";
  const lan = embedded
    ? { name: "cluster.lanCidr", path: ["cluster", "lanCidr"], cidr: cluster.lanCidr }
    : { name: "loadBalancer.lan", path: key("lan"), cidr: loadBalancer.lan };
  const { cidr } = lan;
  if (cidr === undefined || networkMistake(cidr) !== undefined) return among;
  const node = embedded ? addressIn(cidr, 1) : undefined;
  const outside = pools.flatMap(({ addresses }, pool) =>
    addresses.flatMap((range, entry): Broken[] => {
      const path = key("pools", pool, "addresses", entry);
      if (!areHostsOf(cidr, range))
        return [
          {
            paths: [path, lan.path],
            allowed: `hosts of ${lan.name}, ${cidr}: neither its first address nor its last`,
            fix: `write such ones, for instance "${upperHalf(cidr)}"`,
          },
        ];
      if (node !== undefined && rangesOverlap(rangeOf(range), rangeOf(`${node}/32`)))
        return [
          {
            paths: [path, lan.path],
            allowed: `addresses other than the node's own, ${node}`,
            fix: `write such ones, for instance "${upperHalf(cidr)}"`,
          },
        ];
      const index = loadBalancer.dhcp.findIndex((dhcp) => rangesOverlap(rangeOf(dhcp), rangeOf(range)));
      return index < 0
        ? []
        : [
            {
              paths: [path, key("dhcp", index)],
              allowed: `addresses that DHCP doesn't give out, unlike ${loadBalancer.dhcp[index]}`,
              fix: "choose others, or let DHCP give out fewer",
            },
          ];
    }),
  );
  return [...among, ...outside];
}
