import { execa } from "execa";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect, createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, test, vi } from "vitest";
import { added, census } from "../support/census.ts";
import {
  changesAhead,
  clusterFolder,
  configure,
  guildnet,
  kubectl,
  kubectlPath,
  mustGuildnet,
  onePerson,
  otherPorts,
  ports,
} from "../support/guildnet.ts";
import { openNamespace, reaches } from "../support/network.ts";
import { firstProcess, inNode } from "../support/node.ts";

const soon = { timeout: 90_000, interval: 250 };

describe("the embedded node", () => {
  test("shows nothing of itself on the host but processes, its cgroup and ports on loopback", async () => {
    const { links, routes, tables, mounts, kernelSettings, sockets } = added(inject("before"), await census());
    expect({ links, routes, tables, mounts, kernelSettings }).toEqual({});
    expect(sockets?.filter((socket) => !otherPorts.some((port) => socket.endsWith(`:${port}`))).sort()).toEqual([
      `127.0.0.1:${ports.portal}`,
      `127.0.0.1:${ports.api}`,
    ]);
  });

  test("lets a pod reach what network policies name, and nothing else", async () => {
    const apiServer = "kubernetes.default.svc:443",
      node = "198.18.0.1:6443";
    // Its own policy names the cluster's DNS, without which there is no address to reach.
    for (const address of [apiServer, node]) expect(await reaches("ws-ada", address), address).toBe(false);
    await openNamespace("ws-ada", "Egress");
    for (const address of [apiServer, node])
      await vi.waitFor(async () => expect(await reaches("ws-ada", address), address).toBe(true), soon);
    await kubectl("delete", "networkpolicy", "--namespace", "ws-ada", "open-egress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", apiServer)).toBe(false), soon);
  });

  test("lets a pod reach no address of this machine, whatever its network policies say", async () => {
    const [address] = Object.values(networkInterfaces())
      .flat()
      .flatMap((each) => (each?.family === "IPv4" && !each.internal ? each.address : []));
    const server = createServer((socket) => socket.end()).listen(0, "0.0.0.0");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let connections = 0;
    server.on("connection", () => connections++);
    await openNamespace("ws-ada", "Egress");
    await vi.waitFor(async () => expect(await reaches("ws-ada", "198.18.0.1:6443")).toBe(true), soon);
    expect(await reaches("ws-ada", `${address}:${port}`)).toBe(false);
    expect(connections).toBe(0);
    await once(connect(port, address).resume(), "close");
    expect(connections).toBe(1);
    await kubectl("delete", "networkpolicy", "--namespace", "ws-ada", "open-egress");
    server.close();
  });

  test("keeps what a new pod sends from leaving the machine until its network policies are in force", async () => {
    const chain = async () => (await inNode("nft", "list", "chain", "ip", "node", "unjudged")).stdout;
    const held = async (): Promise<number> => Number(/counter packets (\d+) bytes \d+ drop/.exec(await chain())?.[1]);
    const sent = async (): Promise<boolean> => {
      const before = await held();
      await reaches("ws-ada", "192.0.1.1:80");
      return (await held()) === before;
    };
    expect(await sent()).toBe(true);
    await supervise("down", "kube-router");
    await kubectl("delete", "pod", "--namespace", "ws-ada", "--all");
    await kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "90s");
    expect(await sent()).toBe(false);
    await vi.waitFor(
      async () =>
        expect((await guildnet("status")).all).toContain(
          "network policies are not enforced: kube-router does not answer",
        ),
      soon,
    );
    await supervise("up", "kube-router");
    await vi.waitFor(async () => expect(await sent()).toBe(true), soon);
  });

  test("lets no packet to a pod or service address leave the machine", async () => {
    const drops = async (): Promise<number> =>
      Number(
        /counter packets (\d+) bytes \d+ drop/.exec((await inNode("nft", "list", "table", "ip", "node")).stdout)?.[1] ??
          0,
      );
    // Addresses that are no Service's are refused before: the guard is for when nobody does that.
    await supervise("down", "kube-proxy");
    await inNode("nft", "delete", "table", "ip", "kube-proxy");
    const before = await drops();
    await inNode("timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/10.96.250.250/80");
    expect((await inNode("ip", "route", "get", "10.96.250.250")).stdout).toContain("dev uplink");
    expect(await drops()).toBeGreaterThan(before);
    await supervise("up", "kube-proxy");
    await vi.waitFor(
      async () =>
        expect((await inNode("nft", "list", "chain", "ip", "kube-proxy", "services")).stdout).toContain(
          "chain services",
        ),
      soon,
    );
  });

  test("answers without credentials for health alone", async () => {
    expect(await anonymous("/readyz")).toBe(200);
    for (const path of ["/api", "/version", "/metrics", "/api/v1/secrets"]) expect(await anonymous(path)).toBe(401);
  });

  test("refuses a pod in the host's network in a namespace that says nothing of pod security", async () => {
    const { exitCode, stderr } = await tryPod("default", { hostNetwork: true });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
  });

  test("takes a privileged pod where a namespace's labels allow it, and nowhere else", async () => {
    expect((await tryPod("default", {}, { privileged: true })).stderr).toContain(
      'violates PodSecurity "restricted:latest": privileged',
    );
    expect(await tryPod("local-path-storage", {}, { privileged: true })).toMatchObject({ exitCode: 0 });
  });

  test("keeps a kubelet from reading the secrets of other nodes' pods", async () => {
    const { exitCode, stderr } = await execa(
      await kubectlPath(),
      [
        "--kubeconfig",
        join(clusterFolder, "etc", "kubelet.kubeconfig"),
        "--server",
        `https://127.0.0.1:${ports.api}`,
        "get",
        "secrets",
        "--all-namespaces",
      ],
      { reject: false },
    );
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("Forbidden");
  });

  test("starts again what crashes", async () => {
    for (const service of [
      "etcd",
      "kube-apiserver",
      "containerd",
      "kubelet",
      "kube-router",
      "uplink",
      "resolver",
      "publish",
    ]) {
      const { stdout } = await inNode("cat", `/run/guildnet/services/${service}/supervise/pid`);
      await inNode("kill", "-9", stdout.trim());
      await vi.waitFor(async () => {
        const now = (await inNode("cat", `/run/guildnet/services/${service}/supervise/pid`)).stdout.trim();
        expect(now).not.toBe("");
        expect(now).not.toBe(stdout.trim());
      }, soon);
    }
    await vi.waitFor(async () => expect((await guildnet("status")).exitCode).toBe(0), soon);
  });

  test("comes back from down with its data, replacing nothing", async () => {
    await kubectl(
      "exec",
      "--namespace",
      "ws-ada",
      "deploy/workspace",
      "--",
      "sh",
      "-c",
      "echo saved > /home/guild/project/saved",
    );
    await mustGuildnet("down");
    expect((await guildnet("status")).exitCode).toBe(1);
    const ahead = await changesAhead();
    expect(ahead.map(({ op }) => op).filter((op) => op !== "update")).toEqual([]);
    await mustGuildnet("up");
    await vi.waitFor(
      async () =>
        expect(
          await kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "cat", "/home/guild/project/saved"),
        ).toBe("saved"),
      soon,
    );
    expect(await changesAhead()).toEqual([]);
  });

  test("comes back when it was cut off in the middle, as by a power cut", async () => {
    process.kill(firstProcess(), "SIGKILL");
    await vi.waitFor(async () => expect((await guildnet("status")).exitCode).toBe(1), soon);
    await mustGuildnet("up");
    await vi.waitFor(
      async () =>
        expect(
          await kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "cat", "/home/guild/project/saved"),
        ).toBe("saved"),
      soon,
    );
  });

  test("replaces nothing when its kubeconfig changes", async () => {
    const pki = join(clusterFolder, "pki");
    await execa("rm", [join(pki, "user-admin.issued-for")]);
    const before = readFileSync(join(clusterFolder, "kubeconfig"), "utf8");
    configure({ ...onePerson, cluster: { kind: "embedded", apiPort: ports.api + 1 } });
    const ahead = await changesAhead();
    expect(ahead.map(({ op }) => op).filter((op) => op !== "update")).toEqual([]);
    await mustGuildnet("up");
    expect(readFileSync(join(clusterFolder, "kubeconfig"), "utf8")).not.toBe(before);
    configure(onePerson);
    await mustGuildnet("up");
    expect(await changesAhead()).toEqual([]);
  });
});

/** What the API server says of a pod; it makes none. */
async function tryPod(namespace: string, spec: object, securityContext: object = {}) {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "intruder" },
    spec: { ...spec, containers: [{ name: "a", image: "registry.k8s.io/pause:3.10.1", securityContext }] },
  };
  return execa(
    await kubectlPath(),
    [
      "--kubeconfig",
      join(clusterFolder, "kubeconfig"),
      "--namespace",
      namespace,
      "apply",
      "--dry-run=server",
      "--filename",
      "-",
    ],
    { input: JSON.stringify(pod), reject: false },
  );
}

function supervise(what: "up" | "down", service: string) {
  return inNode("env", "SVDIR=/run/guildnet/services", "sv", what, service);
}

function anonymous(path: string): Promise<number> {
  const ca = readFileSync(join(clusterFolder, "pki", "ca.crt"));
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: ports.api, path, ca, agent: false }, (response) =>
      resolve(response.resume().statusCode ?? 0),
    )
      .on("error", reject)
      .end();
  });
}
