/** Ports inside the pod. */
export const CLIENT_PORT = 4222;
export const HEALTH_PORT = 8222;
/** By which servers reach each other. */
export const ROUTE_PORT = 6222;

/** Where the pod has things. */
export const paths = {
  settings: "/etc/guildnet/events",
  tls: "/etc/guildnet/tls",
  routeTls: "/etc/guildnet/route-tls",
  data: "/data",
};

/** What a server is told of who is who: signed words, none of them secret. */
export interface Trust {
  operatorJwt: string;
  systemAccount: string;
  systemJwt: string;
  guildAccount: string;
  guildJwt: string;
}

/**
 * The server's settings; of the syntax that it reads JSON is a part.
 * https://docs.nats.io/running-a-nats-service/configuration
 * @param bytes that streams may have together
 * @param hosts of all servers, this one among them, where there are several
 */
export function serverSettings(trust: Trust, bytes: number, hosts: readonly string[] = []) {
  return {
    host: "0.0.0.0",
    port: CLIENT_PORT,
    http_port: HEALTH_PORT,
    tls: { cert_file: `${paths.tls}/tls.crt`, key_file: `${paths.tls}/tls.key`, min_version: "1.3" },
    jetstream: {
      store_dir: paths.data,
      max_memory_store: 0,
      max_file_store: bytes,
      // What is acknowledged is on the disk, also where the machine loses its power the moment after.
      sync_interval: "always",
    },
    operator: trust.operatorJwt,
    system_account: trust.systemAccount,
    // Accounts are told to it while it runs, and it keeps them itself: one more changes nothing here.
    resolver: { type: "full", dir: `${paths.data}/accounts`, allow_delete: true, interval: "2m" },
    resolver_preload: { [trust.systemAccount]: trust.systemJwt, [trust.guildAccount]: trust.guildJwt },
    ...(hosts.length > 0 && { cluster: clusterSettings(hosts) }),
  };
}

/** Servers let each other in by certificates of an authority that signs for nobody else: who has one reads and says everything. */
function clusterSettings(hosts: readonly string[]) {
  return {
    name: "guildnet",
    host: "0.0.0.0",
    port: ROUTE_PORT,
    // Clients know the bus by one name, which is in its certificate; addresses of pods are not.
    no_advertise: true,
    routes: hosts.map((host) => `tls://${host}:${ROUTE_PORT}`),
    tls: {
      cert_file: `${paths.routeTls}/tls.crt`,
      key_file: `${paths.routeTls}/tls.key`,
      ca_file: `${paths.routeTls}/ca.crt`,
      min_version: "1.3",
    },
  };
}
