import { restic, restServer } from "./backup-images.ts";
import { debianBase, nodeBase } from "./bases.ts";
import { certManager, certManagerController } from "./cert-manager-images.ts";
import { agnhost, debianWithTools, etcd, nautilus, nonewprivs, sampleApiserver, shell } from "./conformance-images.ts";
import { frpc, frps } from "./frp-images.ts";
import { coredns, localPathProvisioner, registry } from "./go-images.ts";
import type { Recipe } from "./recipe.ts";
import { headscale, tailscale } from "./mesh-images.ts";
import { metallbController, metallbSpeaker } from "./metallb-images.ts";
import { nodeExporter, victoriaMetricsServer, vmalert } from "./monitoring-images.ts";
import { natsCli, natsServer } from "./nats-images.ts";
import { ollama } from "./ollama-image.ts";
import { pause } from "./pause.ts";
import { radiclePrograms } from "./radicle-image.ts";
import { talosKubernetes } from "./talos-images.ts";

/** What guilds are made of. */
const GUILD: Readonly<Record<string, Recipe>> = {
  "docker.io/fatedier/frpc:v0.65.0": frpc,
  "docker.io/fatedier/frps:v0.65.0": frps,
  "docker.io/headscale/headscale:0.27.1": headscale,
  "docker.io/library/debian:bookworm-slim": debianBase,
  "docker.io/library/nats:2.15.2": natsServer,
  "docker.io/library/node:24.21.0-bookworm-slim": nodeBase,
  "docker.io/library/registry:3.1.2": registry,
  "docker.io/ollama/ollama:0.13.5": ollama,
  "docker.io/rancher/local-path-provisioner:v0.0.30": localPathProvisioner,
  "docker.io/restic/rest-server:0.14.0": restServer,
  "docker.io/restic/restic:0.19.1": restic,
  "docker.io/victoriametrics/victoria-metrics:v1.151.0": victoriaMetricsServer,
  "docker.io/victoriametrics/vmalert:v1.151.0": vmalert,
  "ghcr.io/tailscale/tailscale:v1.96.0": tailscale,
  "guildnet.local/nats-cli:0.5.0": natsCli,
  "guildnet.local/radicle-programs:0.25.1": radiclePrograms,
  "quay.io/jetstack/cert-manager-cainjector:v1.21.2": certManager("cainjector"),
  "quay.io/jetstack/cert-manager-controller:v1.21.2": certManagerController,
  "quay.io/jetstack/cert-manager-webhook:v1.21.2": certManager("webhook"),
  "quay.io/metallb/controller:v0.15.2": metallbController,
  "quay.io/metallb/speaker:v0.15.2": metallbSpeaker,
  "quay.io/prometheus/node-exporter:v1.10.2": nodeExporter,
  "registry.k8s.io/coredns/coredns:v1.14.0": coredns,
  "registry.k8s.io/pause:3.10.1": pause,
};

/** What suites of their own take: Kubernetes' conformance tests for their pods, and Talos machines of tests. */
const SUITES: Readonly<Record<string, Recipe>> = {
  "guildnet.local/talos-kubernetes:1.36.3": talosKubernetes,
  "registry.k8s.io/e2e-test-images/agnhost:2.55": agnhost,
  "registry.k8s.io/e2e-test-images/agnhost:2.63.0": agnhost,
  "registry.k8s.io/e2e-test-images/busybox:1.37.0-1": shell,
  "registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0": debianWithTools("glibc-dns-testing"),
  "registry.k8s.io/e2e-test-images/nautilus:1.8": nautilus,
  "registry.k8s.io/e2e-test-images/nginx:1.15-4": debianWithTools("nginx"),
  "registry.k8s.io/e2e-test-images/nginx:1.27-0": debianWithTools("nginx"),
  "registry.k8s.io/e2e-test-images/nonewprivs:1.4": nonewprivs,
  "registry.k8s.io/e2e-test-images/nonroot:1.5": debianWithTools("nonroot"),
  "registry.k8s.io/e2e-test-images/sample-apiserver:1.29.2": sampleApiserver,
  "registry.k8s.io/etcd:3.6.8-0": etcd,
  "registry.k8s.io/pause:3.10.2": pause,
};

const RECIPES: Readonly<Record<string, Recipe>> = { ...GUILD, ...SUITES };

/** The recipe of an upstream image, from packages of registries alone; undefined where there is none of that exact version. */
export function recipeFor(reference: string): Recipe | undefined {
  return Object.hasOwn(RECIPES, reference) ? RECIPES[reference] : undefined;
}

export function knownReferences(): string[] {
  return Object.keys(RECIPES);
}

/** References of what guilds are made of. */
export function guildReferences(): string[] {
  return Object.keys(GUILD);
}
