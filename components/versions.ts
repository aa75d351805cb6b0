/** Kubernetes release of an embedded node. */
export const kubernetesVersion = "1.36.3";

/**
 * Upstream images, by the references pods name. Where the internet is missing the
 * toolchain builds the same versions from package registries under the same references.
 */
export const images = {
  /** Sandbox of every pod; the node's containerd is set to this reference. */
  pause: "registry.k8s.io/pause:3.10.1",
  coredns: "registry.k8s.io/coredns/coredns:v1.14.0",
  /** Without a shell; runs as root unless a pod says otherwise. */
  headscale: "docker.io/headscale/headscale:0.27.1",
  /** Also what its helper pods run in: it has a shell. */
  localPathProvisioner: "docker.io/rancher/local-path-provisioner:v0.0.30",
  /** Starts `containerboot`, which reads the TS_ variables; for userspace mode alone where it was built from packages. */
  tailscale: "ghcr.io/tailscale/tailscale:v1.96.0",
  registry: "docker.io/library/registry:3.1.2",
  /** restic's own server for its repositories. */
  restServer: "docker.io/restic/rest-server:0.14.0",
  /** With a shell, which the jobs need. */
  restic: "docker.io/restic/restic:0.19.1",
} as const;
