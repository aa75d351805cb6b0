import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { contains, rangeOf } from "../../components/kube/address-range.ts";
import { apply, everything, kubectl, root } from "../support/guildnet.ts";
import { inNode, mustInNode } from "../support/node.ts";

const soon = { timeout: 90_000, interval: 250 };
/** Of a device on the node's LAN, which is a network namespace inside the node. */
const device = "lan-device",
  deviceAddress = "198.19.0.10/24",
  nodeAddress = "198.19.0.1";
const [publicRange = ""] = everything.loadBalancer.pools[0]?.addresses ?? [];

beforeAll(async () => {
  await plugIn();
  for (const name of ["one", "two"]) await serve(name);
});

afterAll(async () => {
  await kubectl(
    "delete",
    "services,pods,configmaps",
    "--namespace",
    "default",
    "--selector",
    "test=load-balancer",
    "--grace-period",
    "1",
  );
  await inNode("ip", "netns", "delete", device);
});

describe("the load balancer", () => {
  test("gives each Service an address of the pool it asks for, and reaches its pods from the LAN", async () => {
    await service("one", { pool: "public" });
    await service("two", { pool: "inside" });
    expect(contains(rangeOf(publicRange), rangeOf(`${await addressOf("one")}/32`))).toBe(true);
    expect(await addressOf("two")).toBe("198.19.0.40");
    for (const name of ["one", "two"])
      await vi.waitFor(async () => expect(await fromDevice(await addressOf(name))).toBe(name), soon);
  });

  test("is reached by pods", async () => {
    expect(
      await kubectl(
        "exec",
        "--namespace",
        "default",
        "two",
        "--",
        "curl",
        "--silent",
        "--noproxy",
        "*",
        "--max-time",
        "5",
        `http://${await addressOf("one")}`,
      ),
    ).toBe("one");
  });

  test("gives a Service that asks for none an address of a pool that assigns by itself", async () => {
    await service("any", { serves: "one" });
    expect(contains(rangeOf(publicRange), rangeOf(`${await addressOf("any")}/32`))).toBe(true);
    expect(await addressOf("any")).not.toBe(await addressOf("one"));
    await vi.waitFor(async () => expect(await fromDevice(await addressOf("any"))).toBe("one"), soon);
  });

  test("lets a Service wait whose pool is exhausted, says so, and gives it the next address that is free", async () => {
    await service("late", { serves: "one", pool: "inside" });
    // Later releases say the same in plain words (metallb/metallb#2891).
    await vi.waitFor(
      async () =>
        expect(await eventsOf("late")).toMatch(
          /AllocationFailed.*(no available IPs|"<nil>"\] is not allowed in config)/,
        ),
      soon,
    );
    expect(
      await kubectl(
        "get",
        "ipaddresspool",
        "inside",
        "--namespace",
        "guildnet-load-balancer",
        "--output",
        "jsonpath={.status.assignedIPv4} of {.status.availableIPv4}",
      ),
    ).toBe("1 of 0");
    expect(await ingressOf("late")).toBe("");
    expect(await fromDevice("198.19.0.40")).toBe("two");
    await kubectl("delete", "service", "--namespace", "default", "two");
    expect(await addressOf("late")).toBe("198.19.0.40");
    await vi.waitFor(async () => expect(await fromDevice("198.19.0.40")).toBe("one"), soon);
  });

  test("answers on the LAN alone, under the one address that the bridge has", async () => {
    const neighbour = await mustInNode("ip", "-n", device, "neighbour", "show", await addressOf("one"));
    expect(neighbour).toContain(/link\/ether (\S+)/.exec(await mustInNode("ip", "link", "show", "lan0"))?.[1]);
    expect(await kubectl("logs", "--namespace", "guildnet-load-balancer", "daemonset/speaker")).not.toMatch(
      /created ARP responder.*"(cni0|veth|lo)/,
    );
  });
});

describe("the node's LAN", () => {
  test("has no way out through the node", async () => {
    await mustInNode("ip", "-n", device, "route", "add", "default", "via", nodeAddress);
    const before = await dropsFromLan();
    await expect(fromDevice("192.0.2.1")).rejects.toThrow();
    expect(await dropsFromLan()).toBeGreaterThan(before);
  });

  test("keeps what is meant for it from leaving the machine, should the bridge be down", async () => {
    const before = await dropsToNode();
    await mustInNode("ip", "link", "set", "lan0", "down");
    await inNode("timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/198.19.0.99/80");
    expect(await mustInNode("ip", "route", "get", "198.19.0.99")).toContain("dev uplink");
    await mustInNode("ip", "link", "set", "lan0", "up");
    expect(await dropsToNode()).toBeGreaterThan(before);
  });
});

/** Puts a device on the LAN. */
async function plugIn(): Promise<void> {
  await mustInNode("ip", "netns", "add", device);
  await mustInNode("ip", "link", "add", "to-device", "type", "veth", "peer", "name", "eth0", "netns", device);
  await mustInNode("ip", "link", "set", "to-device", "master", "lan0", "up");
  await mustInNode("ip", "-n", device, "address", "add", deviceAddress, "dev", "eth0");
  await mustInNode("ip", "-n", device, "link", "set", "eth0", "up");
}

/** What the device is answered at an address. Node's own client: a machine may be without another. */
function fromDevice(address: string): Promise<string> {
  const script = `fetch("http://${address}", { signal: AbortSignal.timeout(2000) }).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
  return mustInNode("ip", "netns", "exec", device, process.execPath, "--eval", script);
}

/** Packets to addresses of the node's own networks that the guard has kept from leaving. */
async function dropsToNode(): Promise<number> {
  return Number(
    /ip daddr \{[^}]*\} counter packets (\d+)/.exec(await mustInNode("nft", "list", "table", "ip", "node"))?.[1],
  );
}

/** Packets of the LAN that the guard has kept from leaving. */
async function dropsFromLan(): Promise<number> {
  return Number(
    /ip saddr 198\.19\.0\.0\/24 counter packets (\d+)/.exec(
      await mustInNode("nft", "list", "table", "ip", "node"),
    )?.[1],
  );
}

/** Runs a pod that answers with its name, in the image that workspaces have. */
async function serve(name: string): Promise<void> {
  const image = await kubectl(
    "get",
    "deployment",
    "workspace",
    "--namespace",
    "ws-ada",
    "--output",
    "jsonpath={.spec.template.spec.containers[0].image}",
  );
  const script = readFileSync(join(root, "tests/support/hello/serve.pl"), "utf8");
  await mustApply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: meta(name),
    data: { "serve.pl": script, says: name },
  });
  await mustApply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(name),
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "hello",
          image,
          command: ["perl", "/serve.pl"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: ["serve.pl", "says"].map((file) => ({ name: "files", mountPath: `/${file}`, subPath: file })),
        },
      ],
      volumes: [{ name: "files", configMap: { name } }],
    },
  });
}

async function service(name: string, { serves = name, pool }: { serves?: string; pool?: string }): Promise<void> {
  const annotations = pool === undefined ? {} : { "metallb.io/address-pool": pool };
  await mustApply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...meta(name), annotations },
    spec: { type: "LoadBalancer", selector: { serves }, ports: [{ port: 80, targetPort: 8080 }] },
  });
}

function meta(name: string) {
  return { name, namespace: "default", labels: { test: "load-balancer", serves: name } };
}

async function mustApply(object: object): Promise<void> {
  const { exitCode, stderr } = await apply(object);
  expect(exitCode, stderr).toBe(0);
}

function ingressOf(name: string): Promise<string> {
  return kubectl(
    "get",
    "service",
    name,
    "--namespace",
    "default",
    "--output",
    "jsonpath={.status.loadBalancer.ingress[*].ip}",
  );
}

/** The Service's address, once it has one. */
function addressOf(name: string): Promise<string> {
  return vi.waitFor(async () => {
    const address = await ingressOf(name);
    expect(address).toMatch(/^[\d.]+$/);
    return address;
  }, soon);
}

function eventsOf(service: string): Promise<string> {
  return kubectl(
    "get",
    "events",
    "--namespace",
    "default",
    "--field-selector",
    `involvedObject.kind=Service,involvedObject.name=${service}`,
    "--output",
    'jsonpath={range .items[*]}{.reason} {.message}{"\\n"}{end}',
  );
}
