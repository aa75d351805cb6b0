import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  configure,
  everything,
  guildnet,
  kubectl,
  mustGuildnet,
  onBareMachine,
  portalUrl,
  trustedCertificate,
} from "../support/guildnet.ts";
import { openNamespace, reachable, reaches } from "../support/network.ts";
import { mayReach } from "../support/reach.ts";
import type { NetworkPolicy } from "../support/reach.ts";

const soon = { timeout: 60_000, interval: 500 };

/** What `status` calls the systems of the stack that the checkout comes with. */
const systems = [
  "cluster guildnet-guild-cluster",
  "cluster DNS",
  "storage",
  "portal",
  "workspace ada",
  "workspace bob",
  "headscale",
  "mesh DNS",
  "subnet router",
  "load balancer controller",
  "load balancer speaker",
  "certificates cert-manager-controller",
  "certificates cert-manager-webhook",
  "certificates cert-manager-cainjector",
  "event bus",
  "notes",
  "registry",
  "registry collector",
  "radicle seed",
  "ollama",
  "model gateway",
  "monitoring",
  "monitoring node-exporter",
  "backup server",
  "backup events",
  "backup headscale",
  "backup notes",
  "backup radicle",
  "backup registry",
  "backup ada",
  "backup bob",
];

describe("a guild with every system", () => {
  let authority = "";

  beforeAll(() => {
    const { certificates, ...without } = everything;
    expect(certificates).toBeDefined();
    configure(without);
  });

  test("comes up with one command, all but one", onBareMachine, async () => {
    const text = await mustGuildnet("up");
    expect(text).toContain(`${portalUrl}/sign-in?token=`);
    expect(text).not.toContain("Diagnostics:");
    authority = trustedCertificate();
  });

  test("gets that one too, with the certificate authority that people trust already", async () => {
    configure(everything);
    await mustGuildnet("up");
    expect(trustedCertificate()).toBe(authority);
  });

  test("runs all of it as pods, none of which had to be started twice", async () => {
    interface Pod {
      metadata: { name: string; namespace: string };
      status: { phase: string; containerStatuses?: { restartCount: number }[] };
    }
    const { items } = JSON.parse(await kubectl("get", "pods", "--all-namespaces", "--output", "json")) as {
      items: Pod[];
    };
    expect(items.length).toBeGreaterThan(12);
    expect(
      items
        .filter(({ status }) => !["Running", "Succeeded"].includes(status.phase))
        .map(({ metadata }) => metadata.name),
    ).toEqual([]);
    expect(
      items
        .filter(({ status }) => status.containerStatuses?.some(({ restartCount }) => restartCount > 0))
        .map(({ metadata }) => metadata.name),
    ).toEqual([]);
  });

  test("lets a workspace reach of all ports of all pods those that the table of policies says", async () => {
    interface Listed<T> {
      items: T[];
    }
    interface Named {
      metadata: { name: string; namespace: string; labels?: Record<string, string> };
    }
    interface Pod extends Named {
      spec: { hostNetwork?: boolean; containers: { ports?: { containerPort: number; protocol?: string }[] }[] };
      status: { phase: string; podIP: string };
    }
    const listed = async <T>(kind: string) =>
      (JSON.parse(await kubectl("get", kind, "--all-namespaces", "--output", "json")) as Listed<T>).items;
    const rules = {
      policies: await listed<NetworkPolicy>("networkpolicies"),
      namespaces: new Map(
        (await listed<Named>("namespaces")).map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
      ),
    };
    const pods = (await listed<Pod>("pods")).filter(
      ({ spec, status }) => status.phase === "Running" && spec.hostNetwork !== true,
    );
    const seen = ({ metadata, status }: Pod) => ({
      namespace: metadata.namespace,
      labels: metadata.labels ?? {},
      address: status.podIP,
    });
    const from = pods.find(({ metadata }) => metadata.namespace === "ws-ada") ?? expect.fail("no workspace runs");
    const there = pods
      .filter((pod) => pod !== from)
      .flatMap((pod) =>
        pod.spec.containers
          .flatMap(({ ports = [] }) => ports)
          .filter(({ protocol = "TCP" }) => protocol === "TCP")
          .map(({ containerPort: port }) => ({ pod: seen(pod), port, address: `${pod.status.podIP}:${port}` })),
      );
    expect(there.length).toBeGreaterThan(10);
    const allowed = there.filter(({ pod, port }) => mayReach(rules, seen(from), pod, port));
    expect(new Set(allowed.map(({ pod }) => pod.namespace))).toEqual(
      new Set([
        "kube-system",
        "guildnet-events",
        "guildnet-models",
        "guildnet-notes",
        "guildnet-portal",
        "guildnet-radicle",
        "guildnet-registry",
      ]),
    );
    // What the portal has for agents alone: a person's browser comes from outside.
    const ofPortal = allowed.filter(({ pod }) => pod.namespace === "guildnet-portal");
    expect(ofPortal.map(({ port }) => port)).toEqual([8446]);
    // What is closed never answers; what is open may be slow to, on a busy machine.
    const found = new Set<string>(),
      asked = there.map(({ address }) => address);
    await vi.waitFor(async () => {
      for (const address of await reachable("ws-ada", asked)) found.add(address);
      expect([...found].sort()).toEqual(allowed.map(({ address }) => address).sort());
    }, soon);
  });

  test("keeps people's workspaces from each other, whatever either of them allows alone", async () => {
    const ide = "workspace.ws-bob.svc:8080";
    expect(await reaches("ws-ada", ide)).toBe(false);
    await openNamespace("ws-ada", "Egress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", "kubernetes.default.svc:443")).toBe(true), soon);
    expect(await reaches("ws-ada", ide)).toBe(false);
    await openNamespace("ws-bob", "Ingress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", ide)).toBe(true), soon);
    for (const [namespace, name] of [
      ["ws-ada", "open-egress"],
      ["ws-bob", "open-ingress"],
    ])
      await kubectl("delete", "networkpolicy", "--namespace", namespace!, name!);
    await vi.waitFor(async () => expect(await reaches("ws-ada", ide)).toBe(false), soon);
  });

  test("lists every system with its address, and each is well", async () => {
    await vi.waitFor(async () => {
      const { exitCode, all } = await guildnet("status");
      const names = all
        .split("\n")
        .map((line) => /^✔ {2}(.+?) {2}/.exec(line)?.[1])
        .filter((name) => name !== undefined);
      expect(all).not.toContain("✖");
      expect(names).toEqual(expect.arrayContaining(systems));
      expect(exitCode).toBe(0);
    }, soon);
  });
});
