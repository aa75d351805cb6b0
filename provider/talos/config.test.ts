import { expect, test } from "vitest";
import { parse } from "yaml";
import { controlPlaneConfig, patched, serialised, workerConfig, type ClusterInput } from "./config.ts";
import { generateSecrets } from "./secrets.ts";

const secrets = await generateSecrets();
const cluster: ClusterInput = {
  clusterName: "guild",
  endpoint: "https://10.5.0.2:6443",
  kubernetesVersion: "1.36.3",
  secrets,
  certSans: ["talos.example.org", "10.5.0.2"],
};
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("a control plane has what it signs with", () => {
  const { machine, cluster: of } = controlPlaneConfig(cluster, { hostname: "one" });
  expect(machine).toMatchObject({
    type: "controlplane",
    network: { hostname: "one" },
    kubelet: { image: "ghcr.io/siderolabs/kubelet:v1.36.3" },
  });
  expect(Buffer.from(machine.ca.key, "base64").toString()).toContain("BEGIN ED25519 PRIVATE KEY");
  for (const key of [of.ca.key, of.aggregatorCA?.key, of.etcd?.ca.key, of.serviceAccount?.key])
    expect(Buffer.from(key ?? "", "base64").toString()).toContain("BEGIN EC PRIVATE KEY");
  expect(of.apiServer).toEqual({
    image: "registry.k8s.io/kube-apiserver:v1.36.3",
    certSANs: ["10.5.0.2", "talos.example.org"],
  });
});

test("MetalLB announces from control planes where workloads run there, and else not", () => {
  const label = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
  expect(controlPlaneConfig(cluster)).toMatchObject({
    machine: { nodeLabels: label },
    cluster: { allowSchedulingOnControlPlanes: false },
  });
  const small = controlPlaneConfig({ ...cluster, scheduleOnControlPlanes: true });
  expect(small.machine.nodeLabels).toBeUndefined();
  expect(small.cluster.allowSchedulingOnControlPlanes).toBe(true);
});

test("each certificate and key ends with its line, as Talos puts them one after the other", () => {
  const { machine, cluster: of } = controlPlaneConfig(cluster);
  for (const encoded of [machine.ca.crt, machine.ca.key, of.ca.crt, of.ca.key, of.serviceAccount?.key ?? ""])
    expect(Buffer.from(encoded, "base64").toString()).toMatch(/-----END [A-Z0-9 ]+-----\n$/);
});

test("the API server of an endpoint in IPv6 has the address without brackets", () => {
  const { cluster: of } = controlPlaneConfig({ ...cluster, endpoint: "https://[fd00::2]:6443", certSans: [] });
  expect(of.apiServer?.certSANs).toEqual(["fd00::2"]);
});

test("a worker has no authority's key, nor what etcd's content is read with", () => {
  const text = serialised(workerConfig(cluster));
  for (const pair of [secrets.os, secrets.kubernetes, secrets.aggregator, secrets.etcd])
    expect(text).not.toContain(base64(pair.privateKeyPem).slice(60, 120));
  expect(text).not.toContain(secrets.secretboxEncryptionSecret);
  expect(workerConfig(cluster)).toMatchObject({ machine: { ca: { key: "" } }, cluster: { ca: { key: "" } } });
});

test("patches of the cluster, then of the machine, say more or something else, and leave the rest", () => {
  const config = workerConfig(
    {
      ...cluster,
      patch: {
        machine: { kubelet: { extraConfig: { failCgroupV1: false } }, sysctls: { "vm.nr_hugepages": "1" } },
        cluster: { network: { cni: { name: "custom", urls: [] } } },
      },
    },
    { patch: { machine: { sysctls: { "vm.nr_hugepages": "2" } } } },
  );
  expect(config.machine.kubelet).toMatchObject({
    extraConfig: { failCgroupV1: false },
    disableManifestsDirectory: true,
  });
  expect(config.machine.sysctls).toEqual({ "vm.nr_hugepages": "2" });
  expect(config.cluster.network).toMatchObject({ dnsDomain: "cluster.local", cni: { name: "custom", urls: [] } });
  expect(patched(config, { machine: { sysctls: undefined } })).toEqual(config);
});

test("is one document of YAML, without references", () => {
  const config = controlPlaneConfig(cluster);
  expect(parse(serialised(config))).toEqual(config);
  expect(serialised(config)).not.toMatch(/[&*]a\d/);
});
