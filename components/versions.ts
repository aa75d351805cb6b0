/** Kubernetes release of an embedded node. */
export const kubernetesVersion = "1.36.3";

/**
 * Upstream images, by the references pods name. Where the internet is missing the
 * toolchain builds the same versions from package registries under the same references.
 */
export const images = {
  /** Sandbox of every pod; the node's containerd is set to this reference. */
  pause: "registry.k8s.io/pause:3.10.1",
  /** The three programs of one version; each reads its settings from the file that `--config` names. */
  certManager: {
    controller: "quay.io/jetstack/cert-manager-controller:v1.21.2",
    webhook: "quay.io/jetstack/cert-manager-webhook:v1.21.2",
    cainjector: "quay.io/jetstack/cert-manager-cainjector:v1.21.2",
  },
  coredns: "registry.k8s.io/coredns/coredns:v1.14.0",
  /** Cloudflare's own end of its tunnels; can be had from the internet alone. */
  cloudflared: "docker.io/cloudflare/cloudflared:2025.11.1",
  /** frp's two programs, which find their settings where `-c` says. */
  frp: {
    client: "docker.io/fatedier/frpc:v0.65.0",
    server: "docker.io/fatedier/frps:v0.65.0",
  },
  /** Without a shell; runs as root unless a pod says otherwise. */
  headscale: "docker.io/headscale/headscale:0.27.1",
  /** Also what its helper pods run in: it has a shell. */
  localPathProvisioner: "docker.io/rancher/local-path-provisioner:v0.0.30",
  /** Without a shell where it was built from packages, and for processors alone then. */
  ollama: "docker.io/ollama/ollama:0.13.5",
  /** Starts `containerboot`, which reads the TS_ variables; for userspace mode alone where it was built from packages. */
  tailscale: "ghcr.io/tailscale/tailscale:v1.96.0",
  /** Both without a shell, started by their entry points. */
  metallb: {
    controller: "quay.io/metallb/controller:v0.15.2",
    speaker: "quay.io/metallb/speaker:v0.15.2",
  },
  /** Without a system: `nats-server` is on its path, and nothing else. */
  nats: "docker.io/library/nats:2.15.2",
  /** Tells the figures of the node it runs on. */
  nodeExporter: "quay.io/prometheus/node-exporter:v1.10.2",
  registry: "docker.io/library/registry:3.1.2",
  /** restic's own server for its repositories. */
  restServer: "docker.io/restic/rest-server:0.14.0",
  /** With a shell, which the jobs need. */
  restic: "docker.io/restic/restic:0.19.1",
  /** What keeps figures, and what has the rules of alerts: two programs of one version, each started by its entry point. */
  victoriaMetrics: {
    server: "docker.io/victoriametrics/victoria-metrics:v1.151.0",
    rules: "docker.io/victoriametrics/vmalert:v1.151.0",
  },
} as const;

/** Helm charts, by repository and release. */
export const charts = {
  longhorn: { repository: "https://charts.longhorn.io", version: "1.12.1" },
} as const;

/** What upstream projects define in a cluster, by the version and hash of what they published. */
export const manifests = {
  certManager: {
    module: "github.com/cert-manager/cert-manager@v1.21.2",
    files: ["deploy/crds/*.yaml"],
    sha256: "2f83373b0fd341e1773854963c681daf1a93f605c82204e6afc2681bc1e008b7",
  },
  metallb: {
    module: "go.universe.tf/metallb@v0.15.2",
    files: ["config/crd/bases/*.yaml"],
    sha256: "e23ac2593ce1b7500e2450fcf6b198b7d68c485727f486e6c55a5ced9b3e698f",
  },
};
