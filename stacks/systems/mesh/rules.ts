import ipaddr from "ipaddr.js";
import { GUILD_USER, isBelow, MESH_NETWORKS, portalAddresses } from "../../../components/index.ts";
import type { Broken, Given } from "../../check/broken.ts";
import { overlap } from "../../check/cidr.ts";
import type { Path } from "../../check/mistakes.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { RadicleKeys } from "../radicle/schema.ts";
import { headscaleHostname, meshNames, PORTAL_LABEL, SEED_LABEL } from "./names.ts";
import type { HeadscaleConfig, MeshKeys, SomeMeshConfig } from "./schema.ts";

type Reads = MeshKeys & ClusterKeys & PortalKeys & RadicleKeys & Membership;

/** Ranges that a route may lead to; everything else is the internet, this machine, or a link of its own. */
const ROUTABLE = new Set(["private", "unicast", "reserved"]);

/** What is wrong with a mesh. */
export function meshMistakes(config: Reads, given: Given<"meshApiKey">): Broken[] {
  const { mesh } = config;
  if (mesh.kind === "none") return given.meshApiKey ? [unusedKey("none")] : [];
  return [
    ...keyMistakes(mesh, given),
    ...(mesh.kind === "headscale"
      ? [...placeMistakes(config, mesh), ...networkMistakes(mesh), ...portMistakes(config, mesh)]
      : []),
    ...nameMistakes(config, mesh),
    ...routeMistakes(config, mesh),
    ...deviceMistakes(config, mesh),
  ];
}

function unusedKey(kind: string): Broken {
  return {
    paths: [["mesh", "kind"]],
    allowed: `no secret guildnet:meshApiKey where it is "${kind}"`,
    fix: "run: pulumi config rm guildnet:meshApiKey, or choose another kind",
  };
}

function keyMistakes(mesh: SomeMeshConfig, { meshApiKey = false }: Given<"meshApiKey">): Broken[] {
  if (mesh.kind === "headscale") return meshApiKey && mesh.placement === "cluster" ? [unusedKey("headscale")] : [];
  if (meshApiKey) return [];
  return [
    {
      paths: [["mesh", "kind"]],
      allowed: `the secret guildnet:meshApiKey, where it is "${mesh.kind}"`,
      fix: "add it: pulumi config set --secret guildnet:meshApiKey",
    },
  ];
}

function placeMistakes({ cluster, portal }: Reads, mesh: HeadscaleConfig): Broken[] {
  const broken: Broken[] = [];
  const onHost = mesh.placement === "host";
  const key = (name: string): Path => ["mesh", name];
  if (onHost !== (mesh.dockerHost !== undefined)) {
    broken.push(
      onHost
        ? {
            paths: [key("dockerHost"), key("placement")],
            allowed: 'a Docker engine, as placement is "host"',
            fix: 'add it, for instance "ssh://root@mesh.example.org"',
          }
        : {
            paths: [key("dockerHost"), key("placement")],
            allowed: 'only with placement "host"',
            fix: "remove it, or set placement to host",
          },
    );
  }
  const outside = cluster.kind === "existing" && !onHost;
  if (outside !== (mesh.service !== undefined)) {
    broken.push(
      outside
        ? {
            paths: [key("service"), ["cluster"]],
            allowed: "NodePort or LoadBalancer, as devices outside of the cluster must reach the server",
            fix: "add it",
          }
        : {
            paths: [key("service"), ["cluster"]],
            allowed: 'only for a server in a cluster with cluster.kind "existing"',
            fix: "remove it: the server is published at mesh.address",
          },
    );
  }
  const hostname = headscaleHostname(mesh, portal);
  if ((outside || onHost) && isBelow(hostname, "localhost")) {
    broken.push({
      paths: [key("hostname"), ["portal", "host"]],
      allowed: `a name that leads devices to the server; "${hostname}" leads each to itself`,
      fix: 'add it, for instance "headscale.example.org"',
    });
  }
  return broken;
}

/** Tailscale's clients take nothing else for an address of a device. */
function networkMistakes({ network }: HeadscaleConfig): Broken[] {
  const [address, length] = ipaddr.IPv4.parseCIDR(network);
  const first = ipaddr.IPv4.networkAddressFromCIDR(network).toString();
  const [all, allLength] = ipaddr.IPv4.parseCIDR(MESH_NETWORKS.v4);
  if (length < allLength || length > 24 || !address.match(all, allLength)) {
    return [
      {
        paths: [["mesh", "network"]],
        allowed: `${MESH_NETWORKS.v4}, or a part of it down to /24`,
        fix: `write "${MESH_NETWORKS.v4}"`,
      },
    ];
  }
  return first === address.toString()
    ? []
    : [
        {
          paths: [["mesh", "network"]],
          allowed: "a network's first address and its length",
          fix: `write "${first}/${length}"`,
        },
      ];
}

function portMistakes({ cluster, portal }: Reads, mesh: HeadscaleConfig): Broken[] {
  if (cluster.kind !== "embedded" || mesh.placement === "host") return [];
  const taken: [Path, number, string][] = [
    [["portal", "port"], portal.port, "the portal's"],
    [["cluster", "apiPort"], cluster.apiPort, "the API server's"],
  ];
  return taken
    .filter(([, number]) => number === mesh.port)
    .map(([path, number, whose]) => ({
      paths: [["mesh", "port"], path],
      allowed: `a port other than ${whose}, ${number}`,
      fix: `write ${freePort(taken.map(([, other]) => other))}`,
    }));
}

function freePort(taken: number[]): number {
  return [8092, 8093, 8094].find((candidate) => !taken.includes(candidate)) ?? 8095;
}

function nameMistakes({ portal, ...config }: Reads, mesh: SomeMeshConfig): Broken[] {
  const broken: Broken[] = [];
  const { baseDomain, appsDomain, zone } = meshNames(mesh);
  const domain: Path = ["mesh", "domain"];
  if (isBelow(appsDomain, baseDomain)) {
    broken.push({
      paths: [["mesh", "baseDomain"], domain],
      allowed: `a domain that doesn't hold the workspaces' names, *.${appsDomain}: below it the mesh answers for devices alone`,
      fix: `write "mesh.${mesh.domain}"`,
    });
  }
  if (mesh.kind === "headscale" && isBelow(headscaleHostname(mesh, portal), baseDomain)) {
    broken.push({
      paths: [["mesh", "hostname"], ["mesh", "baseDomain"], domain, ["portal", "host"]],
      allowed: `a name outside of ${baseDomain}, below which devices ask the mesh itself and would no longer find the server`,
      fix: `write "headscale.${mesh.domain}", or another of your DNS`,
    });
  }
  for (const [path, name] of [
    [["portal", "host"], portal.host],
    [["portal", "appsDomain"], portalAddresses(portal).appsDomain],
  ] as const) {
    if (!isBelow(name, zone.domain) && !isBelow(name, baseDomain)) continue;
    broken.push({
      paths: [path, domain, ["mesh", "baseDomain"]],
      allowed: `a name outside of ${isBelow(name, baseDomain) ? baseDomain : zone.domain}, which devices ask the mesh for`,
      fix: "choose another mesh.domain, for instance your own below .internal",
    });
    break;
  }
  if ((mesh.kind === "headscale" || mesh.kind === "existing") && peopleOf(config).includes(GUILD_USER)) {
    broken.push({
      paths: [["mesh", "kind"], ["people"], ["workspaces"]],
      allowed: `nobody called "${GUILD_USER}": on a mesh that is the guild itself`,
      fix: "give that person another handle",
    });
  }
  const short = mesh.kind === "tailnet" ? undefined : peopleOf(config).find((handle) => handle.length < 2);
  if (short !== undefined) {
    broken.push({
      paths: [["mesh", "kind"], ["people"], ["workspaces"]],
      allowed: `handles of two characters or more, unlike "${short}": Headscale takes no shorter ones`,
      fix: "give that person another handle",
    });
  }
  return broken;
}

function routeMistakes({ cluster }: Reads, mesh: SomeMeshConfig): Broken[] {
  const own = (["podCidr", "serviceCidr"] as const).flatMap((key) =>
    cluster[key] === undefined ? [] : [{ key: `cluster.${key}`, path: ["cluster", key], cidr: cluster[key] }],
  );
  const broken = mesh.router.routes.flatMap((route, index): Broken[] => {
    const path = ["mesh", "router", "routes", index];
    const [address, length] = ipaddr.IPv4.parseCIDR(route);
    const first = ipaddr.IPv4.networkAddressFromCIDR(route).toString();
    if (first !== address.toString())
      return [
        { paths: [path], allowed: "a network's first address and its length", fix: `write "${first}/${length}"` },
      ];
    if (overlap(route, MESH_NETWORKS.v4))
      return [
        {
          paths: [path],
          allowed: `a network outside of ${MESH_NETWORKS.v4}, where devices have their addresses`,
          fix: "remove it",
        },
      ];
    if (length < 8 || !ROUTABLE.has(address.range()))
      return [
        {
          paths: [path],
          allowed: 'a network of yours, /8 or smaller, for instance "192.168.1.0/24"',
          fix: "remove it",
        },
      ];
    const other = own.find(({ cidr }) => overlap(route, cidr));
    return other === undefined
      ? []
      : [
          {
            paths: [path, other.path],
            allowed: `a network that doesn't overlap ${other.key}, ${other.cidr}, which the router leads to anyway`,
            fix: "remove it",
          },
        ];
  });
  if (mesh.access === "cluster" && own.length < 2) {
    broken.push({
      paths: [["mesh", "access"], ["cluster"]],
      allowed:
        "\"portal\", as long as cluster.podCidr and cluster.serviceCidr don't say what the cluster's networks are",
      fix: "add those, or write portal",
    });
  }
  return broken;
}

function deviceMistakes({ radicle }: Reads, mesh: SomeMeshConfig): Broken[] {
  const taken = new Map<string, string>([
    [PORTAL_LABEL, "the portal's"],
    ...(radicle === undefined ? [] : [[SEED_LABEL, "Radicle's seed's"] as const]),
  ]);
  const { hostname } = mesh.router;
  const routersIs = taken.get(hostname);
  taken.set(hostname, "the router's");
  const broken: Broken[] =
    routersIs !== undefined
      ? [
          {
            paths: [["mesh", "router", "hostname"]],
            allowed: `a name other than ${routersIs}, "${hostname}"`,
            fix: 'write "router"',
          },
        ]
      : [];
  for (const [index, device] of mesh.devices.entries()) {
    const whose = taken.get(device);
    if (whose !== undefined)
      broken.push({
        paths: [
          ["mesh", "devices", index],
          ["mesh", "router"],
        ],
        allowed: `a name that isn't ${whose}`,
        fix: "rename it",
      });
    taken.set(device, "another device's");
  }
  return broken;
}
