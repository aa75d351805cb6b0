/** Ports inside the pods. All but the last two are on the pod's loopback: nobody else has a way to what is gathered. */
export const ports = { metrics: 8428, rules: 8880, alerts: 9093, health: 8081, node: 9100 };

/** Where kubelets answer, on their nodes. https://kubernetes.io/docs/reference/networking/ports-and-protocols/ */
export const KUBELET_PORT = 10250;

/** Where the pods have things. */
export const paths = {
  settings: "/etc/guildnet/monitoring",
  /** Where programs look for the API server's authority and their token. */
  account: "/var/run/secrets/kubernetes.io/serviceaccount",
  data: "/data",
  /** A folder on the node's own file system, empty: how full that is can be asked at any folder of it. */
  disk: "/node",
};

/** What an entry of `paths.settings` is called. Each is JSON, of which YAML, which they are read as, has all. */
export const files = { scrape: "scrape.yaml", rules: "rules.yaml" };
