/** Ports inside the pod. */
export const REGISTRY_PORT = 5000;
export const TOKEN_PORT = 5001;
export const TOKEN_HEALTH_PORT = 5002;

/** Where the pods find things. */
export const paths = {
  settings: "/etc/guildnet/registry",
  tls: "/etc/guildnet/tls",
  /** Certificate that tokens are believed by. */
  trust: "/etc/guildnet/trust",
  signer: "/etc/guildnet/signer",
  data: "/var/lib/registry",
};

/** Of each day's maintenance, in minutes from its start. */
const maintenance = {
  /** Tokens given before the start have run out (they last 5, and the registry allows 1 more), and so nothing is pushed any more. */
  collect: 10,
  /** Garbage collection is ended before pushing begins again. */
  collected: 25,
  over: 30,
};

const SECONDS = 60;

/** When garbage is collected, and how the token server is told to let nobody push meanwhile. Hours are UTC. */
export function maintenanceAt(hour: number) {
  return {
    window: `${String(hour).padStart(2, "0")}:00+${maintenance.over}`,
    schedule: `${maintenance.collect} ${hour} * * *`,
    deadlineSeconds: (maintenance.collected - maintenance.collect) * SECONDS,
  };
}

/**
 * The registry's settings, which are YAML or JSON. No cache of what is stored: the job that
 * collects garbage is another process, and the registry would go on to claim what is gone.
 * https://distribution.github.io/distribution/about/configuration/
 */
export function registrySettings({ host, address }: { host: string; address: string }) {
  return {
    version: 0.1,
    log: { level: "info", formatter: "json" },
    storage: {
      filesystem: { rootdirectory: paths.data },
      delete: { enabled: true },
      // Uploads that nobody finished.
      maintenance: { uploadpurging: { enabled: true, age: "24h", interval: "6h", dryrun: false } },
    },
    http: {
      addr: `:${REGISTRY_PORT}`,
      tls: { certificate: `${paths.tls}/tls.crt`, key: `${paths.tls}/tls.key`, minimumtls: "tls1.2" },
    },
    auth: {
      token: {
        // By address: neither a node nor a pod resolves a name that both would know it by.
        realm: `https://${address}:${TOKEN_PORT}/token`,
        service: host,
        issuer: "guildnet",
        rootcertbundle: `${paths.trust}/tls.crt`,
        signingalgorithms: ["ES256"],
      },
    },
  };
}
