import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { podSpecOf } from "../../policy/src/objects.ts";
import { restrictedViolations } from "../../policy/src/pod-security.ts";
import { exposureAnnotations } from "../kube/exposure.ts";
import { record } from "../testing/record.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { LoadBalancerArgs } from "./load-balancer.ts";
import { rights } from "./metallb-rights.ts";

const pools = [
  { name: "public", addresses: ["192.168.1.224/28"] },
  { name: "inside", addresses: ["192.168.1.200-192.168.1.210"], autoAssign: false },
];

async function made(args: Partial<LoadBalancerArgs> = {}) {
  const all = await record(
    () =>
      new LoadBalancer(
        "it",
        { pools, cluster: { kubeconfig: "KUBECONFIG", endpoint: "https://10.0.0.1:7443" }, ...args },
        { provider: new k8s.Provider("outer") },
      ),
  );
  const named = (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return { all, named };
}

describe("a load balancer", () => {
  test("gives out what its pools say, and announces all of them", async () => {
    const { named } = await made();
    expect(named("it-pool-public").inputs).toMatchObject({
      kind: "IPAddressPool",
      metadata: { name: "public", namespace: "guildnet-load-balancer" },
      spec: { addresses: ["192.168.1.224/28"], autoAssign: true },
    });
    expect(named("it-pool-inside").inputs["spec"]).toEqual({
      addresses: ["192.168.1.200-192.168.1.210"],
      autoAssign: false,
    });
    expect(named("it-advertisement").inputs).toMatchObject({
      kind: "L2Advertisement",
      spec: { ipAddressPools: ["public", "inside"] },
    });
    expect(named("it-advertisement").inputs["spec"]).not.toHaveProperty("interfaces");
  });

  test("announces on the interfaces it is told, and never on those of pods", async () => {
    const { named } = await made({ interfaces: ["lan0"] });
    expect(named("it-advertisement").inputs["spec"]).toMatchObject({ interfaces: ["lan0"] });
    const { announcedInterfacesToExclude } = JSON.parse(
      (named("it-excluded").inputs["data"] as Record<string, string>)["excludel2.yaml"] ?? "",
    ) as { announcedInterfacesToExclude: string[] };
    const excluded = (name: string) => announcedInterfacesToExclude.some((pattern) => new RegExp(pattern).test(name));
    expect(
      ["cni0", "veth1234", "lo", "docker0", "flannel.1", "lan0", "eth0", "long0", "enp3s0"].filter(excluded),
    ).toEqual(["cni0", "veth1234", "lo", "docker0", "flannel.1"]);
  });

  test("waits for the definitions of its objects, which are upstream's unless told otherwise", async () => {
    const { named } = await made();
    const { urn, inputs } = named("it-definitions");
    for (const name of ["it-pool-public", "it-advertisement", "it-controller", "it-speaker"])
      expect(named(name).dependencies, name).toContain(urn);
    expect(inputs).toMatchObject({ source: { module: "go.universe.tf/metallb@v0.15.2" } });
    expect((await made({ definitions: "own/crds" })).named("it-definitions").inputs).toMatchObject({
      path: "own/crds",
    });
  });

  test("lets nodes watch each other under a secret of their own, and not where there is but one", async () => {
    const environment = async (args: Partial<LoadBalancerArgs>) => {
      const { all, named } = await made(args);
      const variables = podSpecOf(
        "kubernetes:apps/v1:DaemonSet",
        named("it-speaker").inputs,
      )?.containers?.[0]?.env?.map(({ name }) => name);
      return { variables, secrets: all.filter(({ type }) => type.endsWith(":Secret")).length };
    };
    expect(await environment({})).toEqual({
      variables: expect.arrayContaining(["METALLB_ML_BIND_ADDR", "METALLB_ML_SECRET_KEY_PATH"]),
      secrets: 1,
    });
    expect(await environment({ failover: false })).toEqual({
      variables: ["METALLB_NODE_NAME", "METALLB_POD_NAME"],
      secrets: 0,
    });
  });

  test("breaks out of restricted Pod Security with the speaker alone, and there with no more than it takes", async () => {
    const { named } = await made();
    const violations = (name: string, type: string) =>
      restrictedViolations(podSpecOf(`kubernetes:apps/v1:${type}`, named(name).inputs) ?? {});
    expect(violations("it-controller", "Deployment")).toEqual([]);
    expect(violations("it-speaker", "DaemonSet")).toEqual([
      "hostNetwork is true",
      "the pod runs as user 0",
      'container "speaker" doesn\'t set runAsNonRoot: true',
      'container "speaker" adds NET_RAW',
    ]);
  });

  test("may neither change workloads nor read secrets outside of its namespace", () => {
    for (const { cluster } of Object.values(rights)) {
      for (const { resources, verbs } of cluster.map((rule) => rule as { resources: string[]; verbs: string[] })) {
        expect(resources).not.toContain("secrets");
        if (verbs.some((verb) => !["get", "list", "watch"].includes(verb)))
          expect(["services/status", "events", "servicel2statuses"]).toContain(resources[0]);
      }
    }
  });

  test("refuses pools that are none, all mistakes at once", async () => {
    await expect(made({ pools: [] })).rejects.toThrow('load balancer "it": pools: found none');
    await expect(made({ pools: [{ name: "A", addresses: ["10.0.0.1"] }] })).rejects.toThrow(
      /pools\[0\]: found "A", allowed .*; pools\[0\]\.addresses\[0\]: found "10\.0\.0\.1", allowed/,
    );
  });
});

describe("a Service that is shown outside", () => {
  test("says why, and which pool it asks for", () => {
    expect(exposureAnnotations({ type: "ClusterIP" })).toEqual({});
    expect(exposureAnnotations({ type: "LoadBalancer", reason: "asked for" })).toEqual({
      "guildnet.io/exposed": "asked for",
    });
    expect(exposureAnnotations({ type: "LoadBalancer", reason: "asked for", pool: "public" })).toEqual({
      "guildnet.io/exposed": "asked for",
      "metallb.io/address-pool": "public",
    });
    expect(
      exposureAnnotations({ type: "NodePort", nodePort: 30090, reason: "asked for", address: "192.0.2.1" }),
    ).toMatchObject({ "guildnet.io/exposed": "asked for", "guildnet.io/exposed-address": "192.0.2.1" });
  });
});
