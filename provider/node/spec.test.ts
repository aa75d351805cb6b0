import { describe, expect, test } from "vitest";
import { inputs, specWith } from "../testing/node-spec.ts";
import { nodeSpec } from "./spec.ts";

const registry = {
  host: "registry.example.svc",
  address: "10.96.0.11",
  caCertificatePem: "-----BEGIN CERTIFICATE-----",
};

/** What is wrong, as `path: message`. */
function mistakes(changes: Record<string, unknown>): string[] {
  return (nodeSpec.safeParse({ ...inputs, ...changes }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
}

describe("a node's specification", () => {
  test("publishes nothing and keeps volumes unless told otherwise", () => {
    expect(specWith()).toMatchObject({ publish: [], keepVolumes: true });
  });

  test("publishes on loopback unless told otherwise", () => {
    expect(specWith({ publish: [{ hostPort: 8090, nodePort: 30090 }] }).publish).toEqual([
      { hostAddress: "127.0.0.1", hostPort: 8090, nodePort: 30090, announceVisitors: false },
    ]);
  });

  test.each([
    ["a name of one letter", { clusterName: "a" }],
    ["a name of 50 characters", { clusterName: "a".repeat(50) }],
    ["the smallest and the largest networks", { podCidr: "172.16.0.0/12", serviceCidr: "10.0.0.16/28" }],
    [
      "one port at two addresses",
      {
        publish: [
          { hostAddress: "10.0.0.1", hostPort: 8090, nodePort: 30090 },
          { hostAddress: "10.0.0.2", hostPort: 8090, nodePort: 30091 },
        ],
      },
    ],
    [
      "the API server's port at another address",
      { publish: [{ hostAddress: "10.0.0.1", hostPort: inputs.apiPort, nodePort: 30090 }] },
    ],
  ])("takes %s", (_what, changes) => {
    expect(mistakes(changes)).toEqual([]);
  });

  test("has a LAN in a range that is nobody's unless told otherwise", () => {
    expect(specWith().lanCidr).toBe("198.19.0.0/24");
    expect(mistakes({ lanCidr: "192.168.77.0/28" })).toEqual([]);
  });

  test("knows no registry of the cluster's own unless told", () => {
    expect(specWith().registries).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      "a registry whose name is a path",
      { registries: [{ ...registry, host: "../../pki" }] },
      "registries.0.host: must be a host name",
    ],
    ["a registry at a name", { registries: [{ ...registry, address: "registry" }] }, "registries.0.address: "],
    [
      "a registry without a certificate",
      { registries: [{ ...registry, caCertificatePem: "" }] },
      "registries.0.caCertificatePem: ",
    ],
    [
      "one registry twice",
      { registries: [registry, registry] },
      "registries.1.host: registry.example.svc is there twice",
    ],
    ["a name of 51 characters", { clusterName: "a".repeat(51) }, "clusterName: must be a DNS label"],
    ["a name with a path in it", { clusterName: "../other" }, "clusterName: must be a DNS label"],
    ["a name that ends in a hyphen", { clusterName: "a-" }, "clusterName: must be a DNS label"],
    [
      "a version without a patch",
      { kubernetesVersion: "1.36" },
      'kubernetesVersion: must be a version such as "1.36.3"',
    ],
    ["port zero", { apiPort: 0 }, "apiPort: "],
    ["a port beyond the last", { apiPort: 65536 }, "apiPort: "],
    ["a network that is none", { podCidr: "10.244.0.0" }, "podCidr: Invalid IPv4 range"],
    ["a network of IPv6", { podCidr: "fd00::/64" }, "podCidr: Invalid IPv4 range"],
    [
      "a network with host bits",
      { podCidr: "10.244.3.7/16" },
      "podCidr: must start at the network's first address: 10.244.0.0/16",
    ],
    [
      "a network too large for the API server",
      { serviceCidr: "10.0.0.0/11" },
      "serviceCidr: must have a length from /12 to /28",
    ],
    [
      "a network without a tenth address",
      { serviceCidr: "10.96.0.0/29" },
      "serviceCidr: must have a length from /12 to /28",
    ],
    ["a network that the node itself is in", { podCidr: "198.18.0.0/16" }, "podCidr: must not overlap 198.18.0.0/15"],
    [
      "Services inside the pods' network",
      { serviceCidr: "10.244.128.0/24" },
      "serviceCidr: must not overlap podCidr, 10.244.0.0/16",
    ],
    [
      "a LAN where the node itself is",
      { lanCidr: "198.18.7.0/24" },
      "lanCidr: must not overlap 198.18.0.0/16, where the node itself is",
    ],
    [
      "a LAN with host bits",
      { lanCidr: "192.168.77.1/24" },
      "lanCidr: must start at the network's first address: 192.168.77.0/24",
    ],
    [
      "a LAN inside the pods' network",
      { lanCidr: "10.244.7.0/24" },
      "lanCidr: must not overlap podCidr, 10.244.0.0/16",
    ],
    [
      "a LAN inside the Services' network",
      { lanCidr: "10.96.7.0/24" },
      "lanCidr: must not overlap serviceCidr, 10.96.0.0/16",
    ],
    ["a NodePort out of range", { publish: [{ hostPort: 8090, nodePort: 29999 }] }, "publish.0.nodePort: "],
    [
      "a host name to publish at",
      { publish: [{ hostAddress: "localhost", hostPort: 8090, nodePort: 30090 }] },
      "publish.0.hostAddress: ",
    ],
    ["an unknown key", { publish: [{ hostPort: 8090, nodePort: 30090, protocol: "udp" }] }, "publish.0: "],
    [
      "the API server's port once more",
      { publish: [{ hostPort: inputs.apiPort, nodePort: 30090 }] },
      `publish.0.hostPort: 127.0.0.1:${inputs.apiPort} is published twice`,
    ],
    [
      "one port twice",
      {
        publish: [
          { hostPort: 1, nodePort: 30090 },
          { hostPort: 1, nodePort: 30091 },
        ],
      },
      "publish.1.hostPort: 127.0.0.1:1 is published twice",
    ],
    [
      "a port of every address that one address has",
      { publish: [{ hostAddress: "0.0.0.0", hostPort: inputs.apiPort, nodePort: 30090 }] },
      `publish.0.hostPort: 0.0.0.0:${inputs.apiPort} is published twice`,
    ],
  ])("refuses %s, and nothing else", (_what, changes, mistake) => {
    expect(mistakes(changes)).toEqual([expect.stringContaining(mistake)]);
  });
});
