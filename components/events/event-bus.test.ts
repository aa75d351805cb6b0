import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { EventBus } from "./event-bus.ts";
import type { EventBusArgs } from "./event-bus.ts";
import { retentionOf } from "./retention.ts";
import { routeHosts } from "./servers.ts";
import { serverSettings } from "./settings.ts";

const MIB = 1024 * 1024;

const trust = { operatorJwt: "O", systemAccount: "S", systemJwt: "SJ", guildAccount: "G", guildJwt: "GJ" };

interface StatefulSet {
  selector: { matchLabels: Record<string, string> };
  template: {
    metadata: { labels: Record<string, string> };
    spec: { containers: { volumeMounts: object[]; readinessProbe: object; livenessProbe: object }[] };
  };
}

/** What three servers are. */
async function statefulSet(): Promise<StatefulSet> {
  const set = (await registered({ servers: 3 })).find(({ name }) => name === "events-servers");
  return (set?.inputs.spec as StatefulSet | undefined) ?? expect.fail("there is none");
}

function registered(args: Partial<EventBusArgs> = {}) {
  const authority = { certificatePem: "CA", privateKeyPem: pulumi.secret("KEY") };
  return record(() => new EventBus("events", { authority, kubeconfig: "kubeconfig", people: ["ada", "bob"], ...args }));
}

test("is told by signed words who is who, none of them secret, and keeps what it acknowledges", () => {
  expect(serverSettings(trust, 100)).toMatchObject({
    operator: "O",
    system_account: "S",
    resolver: { type: "full", dir: "/data/accounts", allow_delete: true },
    resolver_preload: { S: "SJ", G: "GJ" },
    jetstream: { max_file_store: 100, max_memory_store: 0, sync_interval: "always" },
    tls: { min_version: "1.3" },
  });
});

describe("of three servers", () => {
  test("each finds all by names that its certificate has", async () => {
    const all = await registered({ servers: 3 });
    const certificates = all.filter(({ name }) => name.startsWith("events-route-certificate-"));
    expect(certificates.map(({ inputs }) => [inputs.dnsNames, inputs.usages])).toEqual(
      routeHosts.map((host) => [[host], ["server", "client"]]),
    );
    const { cluster } = serverSettings(trust, 100, routeHosts);
    expect(cluster).toMatchObject({
      routes: routeHosts.map((host) => `tls://${host}:6222`),
      no_advertise: true,
      tls: { ca_file: "/etc/guildnet/route-tls/ca.crt", min_version: "1.3" },
    });
    expect(routeHosts[2]).toBe("nats-cluster-2.nats-cluster.guildnet-events.svc");
  });

  test("each has a volume, and the certificate of its own name alone", async () => {
    const spec = await statefulSet();
    const [container] = spec.template.spec.containers;
    expect(spec).toMatchObject({ replicas: 3, serviceName: "nats-cluster", podManagementPolicy: "Parallel" });
    expect(container?.volumeMounts).toContainEqual({
      name: "route-tls",
      mountPath: "/etc/guildnet/route-tls",
      subPathExpr: "$(POD_NAME)",
      readOnly: true,
    });
    expect(container?.readinessProbe).toMatchObject({ httpGet: { path: "/healthz?js-meta-only=true" } });
    expect(container?.livenessProbe).toMatchObject({ httpGet: { path: "/healthz?js-server-only=true" } });
    const claims = (await registered({ servers: 3 })).filter(({ type }) => type.endsWith(":PersistentVolumeClaim"));
    expect(claims.map(({ inputs }) => (inputs.metadata as { name: string }).name)).toEqual(
      [0, 1, 2].map((server) => `data-nats-cluster-${server}`),
    );
  });

  test("take nothing away from one server that they follow, which is there until its events have moved", async () => {
    const named = async (servers: 1 | 3) =>
      new Map(
        (await registered({ servers })).map(({ type, name, inputs }) => [
          `${type} ${name}`,
          (inputs.metadata as { name?: string } | undefined)?.name,
        ]),
      );
    const [one, three] = [await named(1), await named(3)];
    const both = [...one].filter(([resource]) => three.has(resource));
    expect(both.length).toBeGreaterThan(8);
    // Of another name it would be replaced, and what stands on it be deleted first.
    expect(both.filter(([resource, name]) => three.get(resource) !== name)).toEqual([]);
  });

  test("keep each stream on all, and all of them forget an account", async () => {
    const all = await registered({ servers: 3 });
    const streams = all.filter(({ type }) => type === "guildnet:index:EventStream");
    for (const { inputs } of streams) {
      expect(inputs.replicas).toBe(3);
      expect(inputs.server).toMatchObject({
        secret: { servers: 3, cluster: { labelSelector: "app.kubernetes.io/name=nats-cluster" } },
      });
    }
    expect(streams.length).toBe(4);
  });

  test("are others for other keys, as they would not know each other", async () => {
    const spec = await statefulSet();
    expect(Object.keys(spec.selector.matchLabels)).toContain("guildnet.io/keys");
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });
});

test("has a stream for each who may read the same, and the sizes of all fit its volume", async () => {
  const streams = (await registered({ storage: "1Gi" })).filter(({ type }) => type === "guildnet:index:EventStream");
  expect(streams.map(({ inputs }) => inputs.name)).toEqual([
    "events-guild",
    "events-admins",
    "events-@ada",
    "events-@bob",
  ]);
  expect(streams.map(({ inputs }) => (inputs.maxBytes as number) / MIB)).toEqual([256, 32, 32, 32]);
  expect(streams.every(({ retainOnDelete }) => retainOnDelete === true)).toBe(true);
  expect(
    (await registered({ keepData: false })).some(
      ({ type, retainOnDelete }) => type === "guildnet:index:EventStream" && retainOnDelete === true,
    ),
  ).toBe(false);
});

test("shares a volume among many people, and refuses to promise more than there is", () => {
  const { size } = retentionOf("1Gi", 200);
  expect(size("guild") + 201 * size("@ada")).toBeLessThan(0.95 * 1024 * MIB);
  expect(retentionOf("1Gi", 2, { size: "512Mi", days: 7 }).days).toBe(7);
  expect(() => retentionOf("1Gi", 2, { size: "900Mi" })).toThrow(
    /retention\.size is 900Mi, and on a volume of 1Gi there is room for 670Mi/,
  );
});
