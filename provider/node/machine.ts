import { execa } from "execa";
import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { ActionableError } from "../errors.ts";
import { hasPort } from "./process.ts";
import type { NodeSpec } from "./spec.ts";

const minimumFreeBytes = 3 * 1024 ** 3;

/** Capability numbers from capabilities(7) that a node cannot do without. */
const requiredCapabilities = { CAP_NET_ADMIN: 12, CAP_SYS_CHROOT: 18, CAP_SYS_ADMIN: 21, CAP_MKNOD: 27 } as const;

/**
 * Refuses, in one line each, what this machine lacks for a node.
 *
 * @throws ActionableError `no-linux`, `no-root`, `no-capability`, `no-tun`, `no-cgroups` or `no-disk`.
 */
export async function checkMachine(folder: string): Promise<void> {
  if (process.platform !== "linux")
    throw new ActionableError(
      "no-linux",
      `the embedded cluster needs Linux, this is ${process.platform}; use cluster.kind: existing`,
    );
  if (process.getuid?.() !== 0)
    throw new ActionableError(
      "no-root",
      "the embedded cluster makes namespaces and mounts, for which it needs root: run it with sudo, or use cluster.kind: existing",
    );
  const missing = missingCapabilities();
  if (missing.length > 0)
    throw new ActionableError(
      "no-capability",
      `this machine withholds ${missing.join(", ")} even from root, so no pod could start; run outside of a container, or use cluster.kind: existing`,
    );
  if (!existsSync("/dev/net/tun"))
    throw new ActionableError(
      "no-tun",
      "there is no /dev/net/tun, the cluster's way to the network: load the module tun, or use cluster.kind: existing",
    );
  if (!existsSync("/sys/fs/cgroup/cgroup.controllers") && !existsSync("/sys/fs/cgroup/memory")) {
    throw new ActionableError(
      "no-cgroups",
      "no cgroups are mounted at /sys/fs/cgroup, so pods could not be limited; mount them, or use cluster.kind: existing",
    );
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < minimumFreeBytes) {
    throw new ActionableError(
      "no-disk",
      `only ${gib(bavail * bsize)} GiB are free at ${folder}, the cluster needs ${gib(minimumFreeBytes)} GiB: free some, or set GUILDNET_HOME to a larger disk`,
    );
  }
}

/** Each kind of set, match and target that kube-router makes of network policies. */
const policySets = ["hash:ip", "hash:net"].map(
  (type) => `ipset create probe-${type.replace(":", "-")} ${type} timeout 0`,
);
const policyMatches = [
  "-p tcp -m multiport --dports 30000:32767",
  "-m set --match-set probe-hash-ip src",
  "-m set --match-set probe-hash-net dst",
  "-m physdev --physdev-is-bridged",
  "-m addrtype --src-type LOCAL",
  "-m conntrack --ctstate ESTABLISHED",
  "-m mark ! --mark 0x1/0x1",
  "-m limit --limit 10/minute",
  "-m comment --comment probe",
].join(" ");
const policyTargets = ["REJECT", "NFLOG --nflog-group 100", "MARK --set-xmark 0x1/0x1"];

/**
 * Tries, in a network of its own that is gone at once, whether the kernel can enforce network policies.
 *
 * @throws ActionableError `no-netfilter`, with what the kernel said.
 */
export async function checkNetfilter(): Promise<void> {
  const rules = policyTargets.map((target) => `iptables -A FORWARD ${policyMatches} -j ${target}`);
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { exitCode, stderr } = await execa("unshare", ["--net", "sh", "-ec", [...policySets, ...rules].join("\n")], {
    env,
    reject: false,
  });
  if (exitCode !== 0) {
    throw new ActionableError(
      "no-netfilter",
      `this machine's kernel can't enforce network policies (${stderr.trim().split("\n").at(-1)}): load the modules ip_set_hash_ip, ip_set_hash_net, xt_set and xt_physdev, or use cluster.kind: existing`,
    );
  }
}

/**
 * Makes sure that the ports can be had, before anything is changed.
 *
 * @param running first process of the node that wants them: what it has already is its own.
 * @throws ActionableError `port-in-use`, naming the config key.
 */
export async function checkPorts(
  ports: readonly { key: string; address: string; port: number }[],
  running?: number,
): Promise<void> {
  for (const { key, address, port } of ports) {
    const error = await listenError(address, port);
    if (error === undefined || (running !== undefined && hasPort(running, address, port))) continue;
    const why = error === "EADDRINUSE" ? "is in use by another program" : `cannot be listened on (${error})`;
    throw new ActionableError(
      "port-in-use",
      `port ${port} of ${address} ${why}: free it, or set ${key} to another port`,
    );
  }
}

/** The ports a node listens on at this machine, with the config key that chooses each. */
export function portsOf(spec: NodeSpec): { key: string; address: string; port: number }[] {
  return [
    { key: "cluster.apiPort", address: "127.0.0.1", port: spec.apiPort },
    ...spec.publish.map(({ hostAddress, hostPort }) => ({ key: "portal.port", address: hostAddress, port: hostPort })),
  ];
}

/** Of a node that does not run: what it publishes at ports for which nobody listens. */
export async function freeOf(publish: NodeSpec["publish"]): Promise<NodeSpec["publish"]> {
  const errors = await Promise.all(publish.map(({ hostAddress, hostPort }) => listenError(hostAddress, hostPort)));
  return publish.filter((_, place) => errors[place] === undefined);
}

function listenError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function missingCapabilities(): string[] {
  const mask = BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  return Object.entries(requiredCapabilities)
    .filter(([, bit]) => ((mask >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
}

function gib(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
