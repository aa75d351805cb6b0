import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { MONITORING_NAMESPACE, NODE_APP } from "./identity.ts";
import { KUBELET_PORT, paths, ports } from "./settings.ts";

/** Pods of one program that have figures to tell, over plain HTTP at `/metrics`, and for nobody but monitoring. */
export interface ScrapedPods {
  /** Of the figures' label `job`; no other has it. */
  readonly name: string;
  readonly namespace: string;
  /** `app.kubernetes.io/name` of the pods. */
  readonly app: string;
  /** A port that their containers name. */
  readonly port: number;
  /** What makes their namespace. @default it is there */
  readonly component?: pulumi.Resource;
}

/** https://docs.victoriametrics.com/victoriametrics/sd_configs/, as far as it is used here */
interface ScrapeJob {
  job_name: string;
  scheme?: "https";
  metrics_path?: string;
  scrape_interval?: string;
  bearer_token_file?: string;
  tls_config?: { ca_file?: string; insecure_skip_verify?: true; server_name?: string };
  static_configs?: { targets: string[] }[];
  kubernetes_sd_configs?: {
    role: "node" | "pod";
    namespaces?: { names: string[] };
    selectors?: { role: "pod"; label: string }[];
  }[];
  relabel_configs?: Relabel[];
  metric_relabel_configs?: Relabel[];
}

interface Relabel {
  source_labels?: string[];
  regex?: string;
  target_label?: string;
  replacement?: string;
  action?: "keep" | "drop";
}

export interface Scraped {
  readonly pods: readonly ScrapedPods[];
  /** Whether kubelets' certificates are of the cluster's authority. Most clusters' are not, and nobody can tell them by it then. */
  readonly knownKubelets: boolean;
  /** Whether the receiver of alerts has figures to tell: of certificates, of backups, of events that wait for the bus. */
  readonly guild: boolean;
}

const authority = `${paths.account}/ca.crt`;
const credentials = { scheme: "https" as const, bearer_token_file: `${paths.account}/token` };

/** What is gathered, and from where. Of what the cluster itself tells, which is far more than a guild looks at, some. */
export function scrapeSettings({ pods, knownKubelets, guild }: Scraped) {
  const kubelet = (job_name: string, metrics_path: string, kept: readonly string[]): ScrapeJob => ({
    job_name,
    metrics_path,
    ...credentials,
    tls_config: knownKubelets ? { ca_file: authority } : { insecure_skip_verify: true },
    kubernetes_sd_configs: [{ role: "node" }],
    relabel_configs: [
      {
        source_labels: ["__meta_kubernetes_node_address_InternalIP"],
        target_label: "__address__",
        replacement: `$1:${KUBELET_PORT}`,
      },
      ...named("__meta_kubernetes_node_name", "node", "instance"),
    ],
    metric_relabel_configs: [keep(kept)],
  });
  return {
    global: { scrape_interval: "30s" },
    scrape_configs: [
      {
        ...onPods({ name: "node", namespace: MONITORING_NAMESPACE, app: NODE_APP, port: ports.node }),
        // What a guild waits for at its first start, and what it looks at.
        scrape_interval: "15s",
      },
      {
        job_name: "api-server",
        ...credentials,
        tls_config: { ca_file: authority },
        static_configs: [{ targets: ["kubernetes.default.svc:443"] }],
        metric_relabel_configs: [keep(OF_API_SERVER)],
      },
      kubelet("kubelet", "/metrics", OF_KUBELET),
      kubelet("kubelet-resources", "/metrics/resource", OF_PODS),
      kubelet("kubelet-containers", "/metrics/cadvisor", OF_CONTAINERS),
      ...(guild ? [{ job_name: "guild", static_configs: [{ targets: [`127.0.0.1:${ports.health}`] }] }] : []),
      ...pods.map(onPods),
    ] satisfies ScrapeJob[],
  };
}

const OF_PROCESS = ["process_(cpu_seconds_total|resident_memory_bytes|start_time_seconds|open_fds)"];
const OF_API_SERVER = [
  ...OF_PROCESS,
  "apiserver_(request_total|current_inflight_requests|storage_objects|resource_objects)",
];
const OF_KUBELET = [...OF_PROCESS, "kubelet_(volume_stats|running|runtime_operations_errors|evictions).*"];
const OF_PODS = [
  "(container|pod|node)_(cpu_usage_seconds_total|memory_working_set_bytes)",
  "container_start_time_seconds",
];
const OF_CONTAINERS = ["container_(oom_events|network_(receive|transmit)_bytes)_total"];

function keep(names: readonly string[]): Relabel {
  return { source_labels: ["__name__"], regex: names.join("|"), action: "keep" };
}

function named(source: string, ...labels: string[]): Relabel[] {
  return labels.map((target_label) => ({ source_labels: [source], target_label }));
}

function onPods({ name, namespace, app, port }: ScrapedPods): ScrapeJob {
  const label = Object.entries(appSelector(app))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return {
    job_name: name,
    kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [namespace] }, selectors: [{ role: "pod", label }] }],
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_pod_container_port_number"], regex: String(port), action: "keep" },
      // One that has ended is not down.
      { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Succeeded|Failed", action: "drop" },
      ...named("__meta_kubernetes_namespace", "namespace"),
      ...named("__meta_kubernetes_pod_name", "pod"),
      ...named("__meta_kubernetes_pod_node_name", "node"),
    ],
  };
}
