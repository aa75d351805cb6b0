import { describe, expect, test } from "vitest";
import { images } from "../versions.ts";
import { bus } from "../testing/cases.ts";
import { record } from "../testing/record.ts";
import { Monitoring } from "./monitoring.ts";
import type { MonitoringArgs } from "./monitoring.ts";
import { alertRules, usualThresholds } from "./rules.ts";
import { scrapeSettings } from "./scrape.ts";

const gateway = { name: "models", namespace: "guildnet-models", app: "model-gateway", port: 9090 };

async function made(args: Partial<MonitoringArgs> = {}) {
  const all = await record(
    () =>
      new Monitoring("it", {
        cluster: { endpoint: "https://10.0.0.1:6443" },
        images: { alerts: "example.org/portal:1" },
        ...args,
      }),
  );
  return <T>(name: string) => all.find((each) => each.name === `it-${name}`)?.inputs as T;
}

interface Pods {
  spec: {
    template: {
      metadata: { annotations?: Record<string, string> };
      spec: {
        hostNetwork?: boolean;
        automountServiceAccountToken: boolean;
        initContainers: { command: string[]; volumeMounts: { name: string; mountPath: string }[] }[];
        containers: { name: string; image: string; args?: string[]; volumeMounts?: { name: string }[] }[];
        volumes: Record<string, unknown>[];
      };
    };
  };
}

describe("what is gathered", () => {
  const jobs = (knownKubelets: boolean) =>
    scrapeSettings({ pods: [gateway], knownKubelets, guild: true }).scrape_configs;

  test("is of nodes, the API server, kubelets, and of the programs that are named", () => {
    expect(jobs(true).map(({ job_name }) => job_name)).toEqual([
      "node",
      "api-server",
      "kubelet",
      "kubelet-resources",
      "kubelet-containers",
      "guild",
      "models",
    ]);
  });

  test("of what pods use is what they take of processors and memory, and since when", () => {
    const kept = jobs(true).find(({ job_name }) => job_name === "kubelet-resources")?.metric_relabel_configs?.[0]
      ?.regex;
    const isKept = (name: string) => new RegExp(`^(?:${kept})$`).test(name);
    for (const of of ["container", "pod", "node"])
      for (const what of ["cpu_usage_seconds_total", "memory_working_set_bytes"])
        expect(isKept(`${of}_${what}`), `${of}_${what}`).toBe(true);
    expect(isKept("container_start_time_seconds")).toBe(true);
    expect(isKept("container_swap_usage_bytes")).toBe(false);
  });

  test("is what the receiver of alerts tells, where it has something to tell: events that wait are", async () => {
    const gathered = async (args?: Partial<MonitoringArgs>) => {
      const { data } = (await made(args))<{ data: Record<string, string> }>("settings");
      return Object.values(data).some((text) => text.includes('"job_name":"guild"'));
    };
    expect(await gathered()).toBe(false);
    expect(await gathered({ events: bus })).toBe(true);
    expect(await gathered({ backups: ["ws-ada"] })).toBe(true);
  });

  test("comes over TLS where its source has it; a kubelet's authority is asked for where it is known", () => {
    const tls = (known: boolean) => jobs(known).map(({ scheme, tls_config }) => [scheme, tls_config]);
    const kubelet = ["https", { ca_file: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" }];
    const plain = [undefined, undefined];
    expect(tls(true)).toEqual([plain, kubelet, kubelet, kubelet, kubelet, plain, plain]);
    expect(tls(false)[2]).toEqual(["https", { insecure_skip_verify: true }]);
  });
});

describe("the pod", () => {
  test("lets nobody in: all but the kubelet's questions is on loopback, and no Service leads there", async () => {
    const { spec } = (await made())<Pods>("deployment").spec.template;
    const listens = spec.containers
      .flatMap(({ args }) => args ?? [])
      .filter((arg) => arg.startsWith("-httpListenAddr"));
    expect(listens).toEqual(["-httpListenAddr=127.0.0.1:8428", "-httpListenAddr=127.0.0.1:8880"]);
    expect((await made())("service")).toBeUndefined();
    expect((await made())<{ spec: object }>("network-deny-all").spec).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
  });

  test("has the cluster's token where it is needed, and nowhere else", async () => {
    const having = async (args?: Partial<MonitoringArgs>) => {
      const { spec } = (await made(args))<Pods>("deployment").spec.template;
      expect(spec.automountServiceAccountToken).toBe(false);
      return spec.containers
        .filter(({ volumeMounts }) => volumeMounts?.some(({ name }) => name === "account"))
        .map(({ name }) => name);
    };
    expect(await having()).toEqual(["victoria-metrics"]);
    expect(await having({ backups: ["ws-ada"] })).toEqual(["victoria-metrics", "alerts"]);
  });

  test("forgets caches when it starts, and no figure", async () => {
    const { initContainers, containers } = (await made())<Pods>("deployment").spec.template.spec;
    const figures = containers[0]?.args?.find((arg) => arg.startsWith("-storageDataPath="))?.split("=")[1];
    expect(initContainers).toMatchObject([
      { command: ["rm", "-rf", `${figures}/cache`], volumeMounts: [{ name: "data" }] },
    ]);
    expect(initContainers[0]?.volumeMounts[0]?.mountPath).toBe(figures?.replace(/\/metrics$/, ""));
  });

  test("starts anew where its settings change", async () => {
    const version = async (args?: Partial<MonitoringArgs>) =>
      (await made(args))<Pods>("deployment").spec.template.metadata.annotations?.["guildnet.io/mounted"];
    const before = await version();
    expect(await version()).toBe(before);
    expect(await version({ thresholds: { diskFree: 20 } })).not.toBe(before);
    expect(await version({ scraped: [gateway] })).not.toBe(before);
  });

  test("runs upstream's images unless told otherwise", async () => {
    const { spec } = (await made())<Pods>("deployment").spec.template;
    expect(spec.containers.map(({ image }) => image)).toEqual([
      images.victoriaMetrics.server,
      images.victoriaMetrics.rules,
      "example.org/portal:1",
    ]);
  });
});

test("a node's figures take nothing of the node: neither its folders nor its network, nor a token", async () => {
  const { spec } = (await made())<Pods>("nodes").spec.template;
  expect(spec.hostNetwork).toBeUndefined();
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(spec.volumes).toEqual([{ name: "disk", emptyDir: { sizeLimit: "1Mi" } }]);
});

test("it may know nodes and read figures, and find pods where some tell theirs", async () => {
  const of = await made({ scraped: [gateway] });
  expect(of<{ rules: object[] }>("role").rules).toEqual([
    { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
  ]);
  const more = await made({ certificates: true, backups: ["ws-ada"] });
  expect(more<{ rules: object[] }>("role").rules.slice(3)).toEqual([
    { apiGroups: ["cert-manager.io"], resources: ["certificates"], verbs: ["list"] },
    { apiGroups: ["batch"], resources: ["cronjobs"], resourceNames: ["backup"], verbs: ["get"] },
  ]);
  expect(of("models-role")).toMatchObject({
    metadata: { namespace: "guildnet-models" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
  });
  expect(of("network-models")).toMatchObject({
    metadata: { namespace: "guildnet-models" },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "model-gateway" } },
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "monitoring" } } }],
          ports: [{ port: 9090 }],
        },
      ],
    },
  });
});

test("two that tell figures under one name are refused", async () => {
  await expect(made({ scraped: [gateway, gateway] })).rejects.toThrow('monitoring "it": scraped has "models" twice');
});

test("every rule says what it is about, and asks for what thresholds say", () => {
  const [group] = alertRules({ ...usualThresholds, diskFree: 17, restarts: 9 }).groups;
  const names = group?.rules.map(({ alert }) => alert) ?? [];
  expect(new Set(names).size).toBe(names.length);
  expect(group?.rules.find(({ alert }) => alert === "DiskAlmostFull")?.expr).toContain("< 17");
  expect(group?.rules.find(({ alert }) => alert === "Restarting")?.expr).toContain(">= 9");
  expect(group?.rules.find(({ alert }) => alert === "EventsWait")?.expr).toMatch(/guildnet_events_waiting\b.* > 0$/);
});
