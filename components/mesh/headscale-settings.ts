import { stringify } from "yaml";

/** A name that the mesh's own DNS answers; exact, as Tailscale knows no wildcards here. */
export interface DnsRecord {
  /** Below the base domain, or devices don't ask the mesh for it. */
  name: string;
  type: "A" | "AAAA";
  value: string;
}

/** Folders in the server's container; the settings name files in them. */
export const paths = {
  config: "/etc/headscale",
  tls: "/etc/headscale-tls",
  /** Database and keys: all that must not be lost. */
  data: "/var/lib/headscale",
  run: "/run/headscale",
} as const;

/** Ports of the server's container. */
export const HEADSCALE_PORT = 8443;
export const STUN_PORT = 3478;

/** Number of the server's own relay region, as upstream's example has it. */
const REGION = 999;

/** Networks devices get their addresses from; inside these Tailscale's clients expect them (net/tsaddr). */
export const MESH_NETWORKS = { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" } as const;

export interface ResolvedHeadscale {
  /** Name clients log in at. */
  hostname: string;
  /** Port clients reach it at, inside the cluster and outside. */
  port: number;
  baseDomain: string;
  prefixes: { v4?: string; v6?: string };
  records: DnsRecord[];
  /** Domains, each with the name servers to ask for it. */
  split: Record<string, string[]>;
  /** Name servers for everything else; with none, devices keep their own. */
  nameservers: string[];
  /** Whether devices can reach the server's STUN port over UDP. */
  stun: boolean;
}

/** The parts of Headscale's settings file this project sets. @see config-example.yaml of the release */
export interface HeadscaleSettings {
  server_url: string;
  listen_addr: string;
  metrics_listen_addr: string;
  grpc_listen_addr: string;
  grpc_allow_insecure: boolean;
  tls_cert_path: string;
  tls_key_path: string;
  noise: { private_key_path: string };
  prefixes: { v4?: string; v6?: string; allocation: "sequential" | "random" };
  derp: {
    server: {
      enabled: boolean;
      region_id: number;
      region_code: string;
      region_name: string;
      verify_clients: boolean;
      stun_listen_addr: string;
      private_key_path: string;
      automatically_add_embedded_derp_region: boolean;
    };
    urls: string[];
    paths: string[];
    auto_update_enabled: boolean;
    update_frequency: string;
  };
  disable_check_updates: boolean;
  ephemeral_node_inactivity_timeout: string;
  database: { type: "sqlite"; sqlite: { path: string; write_ahead_log: boolean } };
  log: { level: "info"; format: "json" | "text" };
  policy: { mode: "database" };
  dns: {
    magic_dns: boolean;
    base_domain: string;
    override_local_dns: boolean;
    nameservers: { global: string[]; split: Record<string, string[]> };
    search_domains: string[];
    extra_records: DnsRecord[];
  };
  unix_socket: string;
  unix_socket_permission: string;
  logtail: { enabled: boolean };
}

/** URL that clients log in at. */
export function serverUrl({ hostname, port }: Pick<ResolvedHeadscale, "hostname" | "port">): string {
  return port === 443 ? `https://${hostname}` : `https://${hostname}:${port}`;
}

/**
 * The settings file. It listens over TLS alone, keeps all that lasts in one folder, relays
 * through itself, and takes nothing from the internet: no relay map, no update check.
 */
export function settings(v: ResolvedHeadscale): HeadscaleSettings {
  return {
    server_url: serverUrl(v),
    listen_addr: `0.0.0.0:${HEADSCALE_PORT}`,
    metrics_listen_addr: "127.0.0.1:9090",
    // With TLS it opens gRPC as well; nobody needs that but its own command line, which uses the socket.
    grpc_listen_addr: "127.0.0.1:50443",
    grpc_allow_insecure: false,
    tls_cert_path: `${paths.tls}/tls.crt`,
    tls_key_path: `${paths.tls}/tls.key`,
    noise: { private_key_path: `${paths.data}/noise_private.key` },
    prefixes: { ...v.prefixes, allocation: "sequential" },
    derp: {
      server: {
        enabled: true,
        region_id: REGION,
        region_code: "guild",
        region_name: "Guild",
        verify_clients: true,
        // It can't be turned off while the relay is on, only be kept out of reach.
        stun_listen_addr: v.stun ? `0.0.0.0:${STUN_PORT}` : `127.0.0.1:${STUN_PORT}`,
        private_key_path: `${paths.data}/derp_server_private.key`,
        automatically_add_embedded_derp_region: false,
      },
      urls: [],
      paths: [`${paths.config}/derp.yaml`],
      auto_update_enabled: false,
      update_frequency: "24h",
    },
    disable_check_updates: true,
    ephemeral_node_inactivity_timeout: "30m",
    database: { type: "sqlite", sqlite: { path: `${paths.data}/db.sqlite`, write_ahead_log: true } },
    log: { level: "info", format: "json" },
    policy: { mode: "database" },
    dns: {
      magic_dns: true,
      base_domain: v.baseDomain,
      // Only where there are servers to put in their place (the server refuses it otherwise).
      override_local_dns: v.nameservers.length > 0,
      nameservers: { global: v.nameservers, split: v.split },
      search_domains: [],
      extra_records: v.records,
    },
    unix_socket: `${paths.run}/headscale.sock`,
    unix_socket_permission: "0770",
    logtail: { enabled: false },
  };
}

/** A relay in the words of Headscale's file of relays (derp-example.yaml). */
export interface DerpRegion {
  regionid: number;
  regioncode: string;
  regionname: string;
  nodes: { name: string; regionid: number; hostname: string; derpport: number; stunport: number; stunonly: boolean }[];
}

/**
 * The one relay there is: the server itself. Written out instead of left to the server, as
 * that always tells devices of a STUN port: without one they would wait for its answer, three
 * seconds each time, where -1 says that there is none (tailcfg.DERPNode).
 */
export function derpRegion({
  hostname,
  port,
  stun,
}: Pick<ResolvedHeadscale, "hostname" | "port" | "stun">): DerpRegion {
  const node = {
    name: `${REGION}a`,
    regionid: REGION,
    hostname,
    derpport: port,
    stunport: stun ? STUN_PORT : -1,
    stunonly: false,
  };
  return { regionid: REGION, regioncode: "guild", regionname: "Guild", nodes: [node] };
}

/** The settings and the map of relays as files, by name. The map's keys are numbers to its reader, so JSON won't do. */
export function settingsFiles(v: ResolvedHeadscale): { "config.yaml": string; "derp.yaml": string } {
  return {
    "config.yaml": stringify(settings(v)),
    "derp.yaml": stringify({ regions: new Map([[REGION, derpRegion(v)]]) }),
  };
}

/** What keeps a server from starting, or devices from reaching it; empty when nothing does. */
export function settingsMistakes(
  v: Pick<ResolvedHeadscale, "hostname" | "baseDomain" | "records" | "split" | "prefixes">,
): string[] {
  const mistakes: string[] = [];
  if (isBelow(v.hostname, v.baseDomain)) {
    mistakes.push(
      `baseDomain "${v.baseDomain}" holds the hostname "${v.hostname}": devices ask the mesh itself for all names below it and would no longer find the server`,
    );
  }
  for (const { name } of v.records) {
    if (!isBelow(name, v.baseDomain))
      mistakes.push(`record "${name}" is not below baseDomain "${v.baseDomain}", so devices don't ask the mesh for it`);
  }
  for (const domain of Object.keys(v.split)) {
    if (isBelow(domain, v.baseDomain))
      mistakes.push(
        `domain "${domain}" is below baseDomain "${v.baseDomain}", where the mesh itself answers, so its name servers are never asked`,
      );
  }
  if (v.prefixes.v4 === undefined && v.prefixes.v6 === undefined)
    mistakes.push("there is neither an IPv4 nor an IPv6 network for devices");
  return mistakes;
}

/** Whether a name is a domain or below it. */
export function isBelow(name: string, domain: string): boolean {
  return `.${name}`.endsWith(`.${domain}`);
}
