import ipaddr from "ipaddr.js";
import type { Broken, Given } from "../../check/broken.ts";
import { overlap } from "../../check/cidr.ts";
import type { Path } from "../../check/mistakes.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { ClusterKeys } from "./schema.ts";

/** Networks to propose where one is taken. */
const PROPOSALS = ["10.96.0.0/16", "10.244.0.0/16", "10.97.0.0/16", "10.245.0.0/16", "172.20.0.0/16"];

/** What is wrong with the cluster, its networks and its ports. */
export function clusterMistakes(
  config: ClusterKeys & PortalKeys & WorkspacesKeys,
  given: Given<"kubeconfig" | "imagesCredentials">,
): Broken[] {
  return [
    ...cidrMistakes(config),
    ...apiPortMistakes(config),
    ...kindMistakes(config, given),
    ...imagesMistakes(config, given),
  ];
}

/** What an embedded cluster lets one of its networks be, besides private. */
const LIMITS = {
  podCidr: { lengths: [12, 24], fallback: (first: string) => `${first.split(".").slice(0, 2).join(".")}.0.0/16` },
  serviceCidr: { lengths: [12, 24], fallback: (first: string) => `${first.split(".").slice(0, 2).join(".")}.0.0/16` },
  lanCidr: { lengths: [16, 28], fallback: () => LAN },
} as const;

/** A LAN that collides with nobody's networks, in a range that is nobody's (RFC 2544). */
const LAN = "198.19.0.0/24";
const NOBODYS = "198.19.0.0/16";

function cidrMistakes({ cluster }: ClusterKeys): Broken[] {
  const networks = networksOf(cluster);
  const broken = networks.flatMap(({ key, path, cidr }): Broken[] => {
    const [address, length] = ipaddr.IPv4.parseCIDR(cidr);
    const network = ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
    const {
      lengths: [shortest, longest],
      fallback,
    } = LIMITS[key];
    if (network !== address.toString())
      return [
        { paths: [path], allowed: "a network's first address and its length", fix: `write "${network}/${length}"` },
      ];
    if (!isPrivate(cidr) && !(key === "lanCidr" && isInside(NOBODYS, cidr))) {
      const more = key === "lanCidr" ? `, ${NOBODYS}` : "";
      return [
        {
          paths: [path],
          allowed: `a network inside 10.0.0.0/8, 172.16.0.0/12${more} or 192.168.0.0/16`,
          fix: `write "${key === "lanCidr" ? LAN : proposal(networks.map((other) => other.cidr))}"`,
        },
      ];
    }
    if (cluster.kind === "existing" || (length >= shortest && length <= longest)) return [];
    return [
      { paths: [path], allowed: `a length from /${shortest} to /${longest}`, fix: `write "${fallback(network)}"` },
    ];
  });
  return broken.length > 0 ? broken : overlaps(networks);
}

interface Network {
  key: keyof typeof LIMITS;
  path: Path;
  cidr: string;
}

function networksOf(cluster: ClusterKeys["cluster"]): Network[] {
  const named = {
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
    lanCidr: cluster.kind === "embedded" ? cluster.lanCidr : undefined,
  };
  return (Object.keys(LIMITS) as Network["key"][]).flatMap((key) =>
    named[key] === undefined ? [] : [{ key, path: ["cluster", key], cidr: named[key] }],
  );
}

/** The later of two networks that overlap is told of, once. */
function overlaps(networks: Network[]): Broken[] {
  return networks.flatMap(({ key, path, cidr }, place): Broken[] => {
    const other = networks.slice(0, place).find((before) => overlap(before.cidr, cidr));
    if (other === undefined) return [];
    return [
      {
        paths: [path, other.path],
        allowed: `a network that doesn't overlap cluster.${other.key}, ${other.cidr}`,
        fix: `write "${key === "lanCidr" ? LAN : proposal([other.cidr])}"`,
      },
    ];
  });
}

function proposal(taken: string[]): string {
  return PROPOSALS.find((candidate) => taken.every((cidr) => !overlap(candidate, cidr))) ?? "192.168.0.0/17";
}

function isPrivate(cidr: string): boolean {
  const [, length] = ipaddr.IPv4.parseCIDR(cidr);
  const last = ipaddr.IPv4.broadcastAddressFromCIDR(cidr);
  return length >= 8 && ipaddr.IPv4.networkAddressFromCIDR(cidr).range() === "private" && last.range() === "private";
}

function isInside(outer: string, cidr: string): boolean {
  return ipaddr.IPv4.parseCIDR(cidr)[1] >= ipaddr.IPv4.parseCIDR(outer)[1] && overlap(outer, cidr);
}

function apiPortMistakes({ cluster, portal }: ClusterKeys & PortalKeys): Broken[] {
  if (cluster.kind !== "embedded" || cluster.apiPort !== portal.port) return [];
  return [
    {
      paths: [
        ["cluster", "apiPort"],
        ["portal", "port"],
      ],
      allowed: `a port other than the portal's, ${portal.port}`,
      fix: `write ${portal.port < 65535 ? portal.port + 1 : portal.port - 1}`,
    },
  ];
}

function kindMistakes(
  { cluster, portal }: ClusterKeys & PortalKeys,
  { kubeconfig = false }: Given<"kubeconfig">,
): Broken[] {
  if (cluster.kind === "embedded") {
    if (portal.service === undefined) return [];
    return [
      {
        paths: [["portal", "service"], ["cluster"]],
        allowed: 'only with cluster.kind "existing"',
        fix: "remove it: an embedded cluster publishes the portal at portal.address",
      },
    ];
  }
  const path = ["cluster", "kubeconfigPath"];
  if (cluster.kubeconfigPath === undefined && !kubeconfig) {
    return [
      {
        paths: [path],
        allowed: "a file, or the secret guildnet:kubeconfig instead",
        fix: "add it, for instance ~/.kube/config, or run: pulumi config set --secret guildnet:kubeconfig < FILE",
      },
    ];
  }
  if (cluster.kubeconfigPath !== undefined && kubeconfig) {
    return [
      {
        paths: [path],
        allowed: "a file or the secret guildnet:kubeconfig, not both",
        fix: "remove it, or run: pulumi config rm guildnet:kubeconfig",
      },
    ];
  }
  return [];
}

/** An embedded node is brought its images; the nodes of any other cluster pull theirs. */
function imagesMistakes(
  { cluster, images, workspaces }: ClusterKeys & WorkspacesKeys,
  { imagesCredentials = false }: Given<"imagesCredentials">,
): Broken[] {
  const own = ["workspace", "portal"] as const,
    broken: Broken[] = [];
  if (imagesCredentials && images.registry === undefined) {
    broken.push({
      paths: [["images", "registry"]],
      allowed: "a registry, as the secret guildnet:imagesCredentials is set",
      fix: "add it, or run: pulumi config rm guildnet:imagesCredentials",
    });
  }
  if (images.caCertificate !== undefined && images.registry === undefined) {
    broken.push({
      paths: [
        ["images", "caCertificate"],
        ["images", "registry"],
      ],
      allowed: "only beside images.registry, whose authority it is",
      fix: "remove it",
    });
  }
  if (cluster.kind === "embedded") {
    if (images.registry !== undefined) {
      broken.push({
        paths: [["images", "registry"], ["cluster"]],
        allowed: 'only with cluster.kind "existing"',
        fix: "remove it: an embedded cluster is brought what is built here without a registry",
      });
    }
    const untagged = own.filter((name) => images[name] !== undefined && !/^[^/@]+\/[^@]+$/.test(images[name]));
    return [
      ...broken,
      ...untagged.map((name): Broken => ({
        paths: [["images", name], ["cluster"]],
        allowed: "registry, name and tag in full, as the embedded cluster is brought the image under its reference",
        fix: 'write it in full, for instance "docker.io/library/workspace:1.4"',
      })),
    ];
  }
  if (images.registry !== undefined) return broken;
  const missing = own.filter(
    (name) =>
      images[name] === undefined && !(name === "workspace" && workspaces.every(({ image }) => image !== undefined)),
  );
  return [
    ...broken,
    ...missing.map((name): Broken => ({
      paths: [["images", name], ["images", "registry"], ["cluster"]],
      allowed: 'an image, or images.registry, as cluster.kind is "existing"',
      fix: 'set images.registry to a registry that this machine can push to and the cluster pulls from, for instance "registry.example.org/guild", or name an image of your own here',
    })),
  ];
}
