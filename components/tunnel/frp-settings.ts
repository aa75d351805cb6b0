/** Where frp's programs find things. */
export const paths = {
  settings: "/etc/guildnet/tunnel/settings",
  token: "/etc/guildnet/tunnel/token",
  tls: "/etc/guildnet/tunnel/tls",
  /** The authorities that every system trusts, in upstream's image and in ours. */
  authorities: "/etc/ssl/certs/ca-certificates.crt",
};

/** Ports that a server listens at inside its container. */
export const serverPorts = { clients: 7000, visitors: 8443 };

/** Of each message, and not of the first alone. */
const auth = (folder: string) => ({
  method: "token",
  additionalScopes: ["HeartBeats", "NewWorkConns"],
  tokenSource: { type: "file", file: { path: `${folder}/token` } },
});

const log = { to: "console", level: "info", disablePrintColor: true };

export interface FrpClient {
  /** Host name or address of the server. */
  server: string;
  port: number;
  /** Names of hosts whose connections it asks for. */
  hosts: readonly string[];
  end: { host: string; port: number };
  /** File with the authority of the server's certificate. @default those that every system trusts */
  authority?: string;
}

/**
 * The client's settings, which are TOML, YAML or JSON. TLS of visitors goes through as it is: the server sees their
 * names and addresses, and nothing of what they say. No port of its own for whoever would administer it.
 * https://github.com/fatedier/frp/blob/v0.65.0/conf/frpc_full_example.toml
 */
export function frpClientSettings({ server, port, hosts, end, authority = paths.authorities }: FrpClient) {
  return {
    serverAddr: server,
    serverPort: port,
    // A server that is away is asked again; the guild does not wait for it.
    loginFailExit: false,
    auth: auth(paths.token),
    transport: {
      protocol: "tcp",
      // Without an authority frp would believe any certificate.
      tls: { enable: true, serverName: server, trustedCaFile: authority },
    },
    log,
    proxies: [
      {
        // A name is one client's alone at a server, as a host's name is.
        name: hosts[0],
        type: "https",
        customDomains: [...hosts],
        localIP: end.host,
        localPort: end.port,
        // Tells of each connection for which visitor it is.
        transport: { proxyProtocolVersion: "v1" },
      },
    ],
  };
}

/**
 * The server's settings. It takes names of hosts and nothing else: an empty list of ports would be every port.
 * https://github.com/fatedier/frp/blob/v0.65.0/conf/frps_full_example.toml
 * @param at folders of its files, where they are not those of a container
 */
export function frpServerSettings({
  at = paths,
  ports = serverPorts,
}: { at?: Pick<typeof paths, "token" | "tls">; ports?: typeof serverPorts } = {}) {
  return {
    bindPort: ports.clients,
    vhostHTTPSPort: ports.visitors,
    allowPorts: [{ single: 1 }],
    maxPortsPerClient: 1,
    detailedErrorsToClient: false,
    auth: auth(at.token),
    transport: { tls: { force: true, certFile: `${at.tls}/tls.crt`, keyFile: `${at.tls}/tls.key` } },
    log,
  };
}
