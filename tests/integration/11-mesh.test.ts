import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { images } from "../../components/versions.ts";
import {
  configure,
  everything,
  guildnet,
  kubectl,
  mustGuildnet,
  outputs,
  ports,
  signInLink,
  upWith,
  type StackOutputs,
} from "../support/guildnet.ts";
import { MeshClient } from "../support/mesh-client.ts";
import { PortalClient } from "../support/portal-client.ts";
import { programsOf } from "../support/programs.ts";

// What a guild with a mesh promises, held against real clients, each on a machine of its own.

const folder = mkdtempSync(join(tmpdir(), "guildnet-mesh-"));
const soon = { timeout: 90_000, interval: 500 };
const clients: MeshClient[] = [];
let mesh: NonNullable<StackOutputs["mesh"]>, laptop: MeshClient;

beforeAll(async () => {
  await upWith(everything);
  await programsOf(images.tailscale, ["usr/local/bin/tailscale", "usr/local/bin/tailscaled"], join(folder, "bin"));
  mesh = await outputsOfMesh();
  laptop = await machine("laptop");
}, 1_800_000);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function outputsOfMesh(): Promise<NonNullable<StackOutputs["mesh"]>> {
  const found = (await outputs()).mesh;
  if (found === null) throw new Error("the stack has no mesh");
  return found;
}

async function machine(name: string): Promise<MeshClient> {
  const client = new MeshClient(name, {
    folder,
    programs: join(folder, "bin"),
    server: { url: mesh.loginServer, caCertificatePem: mesh.caCertificate },
  });
  clients.push(client);
  return client.start();
}

/** A browser on a device: names, addresses and ways are the device's. */
function browser(on: MeshClient): PortalClient {
  return new PortalClient(mesh.caCertificate, mesh.portalUrl, (host, port) => on.dial(host, port));
}

const serviceAddress = (namespace: string, name: string) =>
  kubectl("get", "service", "--namespace", namespace, name, "--output", "jsonpath={.spec.clusterIP}");

describe("a device of the guild", () => {
  test("knows neither name nor way before it joins", async () => {
    expect(await laptop.resolve("portal.mesh.guildnet.internal")).toBeUndefined();
    expect(await laptop.reaches(await serviceAddress("guildnet-portal", "portal"), 443)).toBe(false);
  });

  test("joins by the key that the graph made for it, and finds the portal by its name", async () => {
    expect(await laptop.join(mesh.keys.laptop ?? "")).toBe(true);
    expect(await laptop.tags()).toEqual(["tag:client"]);
    expect(mesh.portalUrl).toBe("https://portal.mesh.guildnet.internal");
    await vi.waitFor(
      async () =>
        expect(await laptop.resolve("portal.mesh.guildnet.internal")).toBe(
          await serviceAddress("guildnet-portal", "portal"),
        ),
      soon,
    );
    await vi.waitFor(
      async () =>
        expect(await browser(laptop).get(`${mesh.portalUrl}/`)).toMatchObject({
          status: 200,
          body: expect.stringContaining("<title>"),
        }),
      soon,
    );
  });

  test("signs in there and opens a workspace under a name of its own", async () => {
    const ada = browser(laptop);
    await ada.use(await signInLink("ada"));
    const page = await ada.visit("https://ada.apps.guildnet.internal/");
    expect(page.status).toBe(200);
    expect(page.body).toContain("vscode-workbench-web-configuration");
    expect(new URL(page.url).host).toBe("ada.apps.guildnet.internal");
    expect((await browser(laptop).visit("https://ada.apps.guildnet.internal/")).url).toContain(`${mesh.portalUrl}/`);
  });

  test("reaches Radicle's seed by its name, and nothing else of it", async () => {
    const seed = await serviceAddress("guildnet-radicle", "seed");
    expect(mesh.seed).toBe("radicle.mesh.guildnet.internal:8776");
    await vi.waitFor(async () => expect(await laptop.resolve("radicle.mesh.guildnet.internal")).toBe(seed), soon);
    expect(await laptop.reaches(seed, 8776)).toBe(true);
    expect(await laptop.reaches(seed, 8777)).toBe(false);
  });

  test("reaches no other Service but the portal's and the name server's", async () => {
    expect(await laptop.peers()).toEqual(["router"]);
    expect(await laptop.reaches(await serviceAddress("default", "kubernetes"), 443)).toBe(false);
  });
});

describe("a device that is a person's own", () => {
  test("may join, and sees and reaches nothing of the guild", async () => {
    const stranger = await machine("stranger");
    expect(await stranger.join(await keyWithoutTag("ada"))).toBe(true);
    expect(await stranger.tags()).toEqual([]);
    expect(await stranger.peers()).toEqual([]);
    expect(await stranger.reaches(await serviceAddress("guildnet-portal", "portal"), 443)).toBe(false);
    expect(await laptop.reaches(await serviceAddress("guildnet-portal", "portal"), 443)).toBe(true);
  });
});

describe("the status", () => {
  const status = async () => {
    const { exitCode, all } = await guildnet("status");
    return { exitCode, lines: all.split("\n").map((line) => line.replaceAll(/ {2,}/g, "  ")) };
  };

  test("lists the mesh's parts among all others, each with its address", async () => {
    const { exitCode, lines } = await status();
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^✔ {2}cluster guildnet-guild-cluster {2}https:\S+ {2}ready, v1\./),
        `✔  cluster DNS  ${await serviceAddress("kube-system", "kube-dns")}:53  1/1 ready`,
        `✔  headscale  ${mesh.loginServer}  1/1 ready, answers`,
        `✔  mesh DNS  ${await serviceAddress("guildnet-mesh-dns", "mesh-dns")}:53  1/1 ready`,
        "✔  subnet router  leads to 10.96.0.0/16,10.244.0.0/16  1/1 ready",
      ]),
    );
    expect(exitCode).toBe(0);
  });

  test("says what is broken, and why", async () => {
    await kubectl(
      "patch",
      "deployment",
      "--namespace",
      "guildnet-router",
      "subnet-router",
      "--patch",
      JSON.stringify({ spec: { template: { spec: { nodeSelector: { nobody: "has-this" } } } } }),
    );
    await vi.waitFor(async () => {
      const { exitCode, lines } = await status();
      expect(lines).toContainEqual(
        expect.stringMatching(
          /^✖ {2}subnet router {2}leads to \S+ {2}0\/1 ready: Unschedulable: 0\/1 nodes are available/,
        ),
      );
      expect(lines.filter((line) => line.startsWith("✖"))).toHaveLength(1);
      expect(exitCode).toBe(1);
    }, soon);
    await kubectl("rollout", "undo", "--namespace", "guildnet-router", "deployment/subnet-router");
    await kubectl(
      "rollout",
      "status",
      "--namespace",
      "guildnet-router",
      "deployment/subnet-router",
      "--timeout",
      "90s",
    );
    expect((await status()).exitCode).toBe(0);
  });
});

describe("after a restart of server and router", () => {
  test("every node is who it was, and the device is back by itself, although it is back before the router", async () => {
    const before = await nodes();
    expect(before.map(({ given_name }) => given_name).sort()).toEqual(["laptop", "router", "stranger"]);
    const online = async () => (await nodes()).filter((node) => node.online).map(identity);
    const router = (...args: string[]) =>
      kubectl(...args, "--namespace", "guildnet-router", "deployment/subnet-router");
    await router("scale", "--replicas", "0");
    await kubectl("wait", "--for", "delete", "--namespace", "guildnet-router", "pod", "--all", "--timeout", "90s");
    await kubectl("delete", "pod", "--namespace", "guildnet-mesh", "--selector", "app.kubernetes.io/name=headscale");
    await kubectl("rollout", "status", "--namespace", "guildnet-mesh", "deployment/headscale", "--timeout", "90s");
    await vi.waitFor(
      async () =>
        expect(await online()).toEqual(before.filter(({ given_name }) => given_name !== "router").map(identity)),
      soon,
    );
    await router("scale", "--replicas", "1");
    await router("rollout", "status", "--timeout", "90s");
    await vi.waitFor(async () => expect(await online()).toEqual(before.map(identity)), soon);
    await vi.waitFor(
      async () => expect(await browser(laptop).get(`${mesh.portalUrl}/`)).toMatchObject({ status: 200 }),
      soon,
    );
  });
});

describe("a server at another port, new keys, and devices that may reach the cluster", () => {
  let old: StackOutputs["mesh"], before: Node[], said: string;

  beforeAll(async () => {
    old = mesh;
    before = await nodes();
    configure({
      ...everything,
      mesh: { ...everything.mesh, port: ports.movedMesh, keyGeneration: 2, access: "cluster" },
    });
    said = await mustGuildnet("up");
    mesh = await outputsOfMesh();
  });

  test("the guild's router is back by itself, and who it was", async () => {
    expect(mesh.loginServer).toBe(`https://headscale.guildnet.localhost:${ports.movedMesh}`);
    const router = (all: Node[]) => all.filter(({ given_name }) => given_name.startsWith("router"));
    await vi.waitFor(
      async () =>
        expect(router(await nodes()).map(standing)).toEqual([{ ...router(before).map(standing)[0], online: true }]),
      soon,
    );
  });

  test("a device is back once it is told what up says, without a key, and is who it was", async () => {
    expect(said.replaceAll(/\s+/g, " ")).toContain(
      `tailscale down, then tailscale up --login-server ${mesh.loginServer} --accept-routes`,
    );
    expect(await laptop.follow({ url: mesh.loginServer, caCertificatePem: mesh.caCertificate })).toBe(true);
    const named = (all: Node[]) => all.filter(({ given_name }) => given_name.startsWith("laptop")).map(identity);
    expect(named(await nodes())).toEqual(named(before));
    await vi.waitFor(
      async () => expect(await browser(laptop).get(`${mesh.portalUrl}/`)).toMatchObject({ status: 200 }),
      soon,
    );
  });

  test("a key of before lets nobody join any more, and the one in its place does", async () => {
    const phone = await machine("phone");
    expect(mesh.keys.phone).not.toBe(old?.keys.phone);
    expect(await phone.join(old?.keys.phone ?? "")).toBe(false);
    expect(await phone.join(mesh.keys.phone ?? "")).toBe(true);
    expect(await phone.tags()).toEqual(["tag:client"]);
  });

  test("a device that joined before stays, and reaches a Service through the router", async () => {
    const address = await serviceAddress("default", "kubernetes");
    await vi.waitFor(async () => expect(await ask(laptop, address, "/livez")).toBe("ok"), soon);
  });

  test("a second up changes nothing", async () => {
    expect(await mustGuildnet("up")).toContain("is unchanged");
  });
});

interface Node {
  id: number;
  given_name: string;
  node_key: string;
  ip_addresses: string[];
  online?: boolean;
  approved_routes?: string[];
}

const inHeadscale = (...command: string[]) =>
  kubectl(
    "exec",
    "--namespace",
    "guildnet-mesh",
    "deploy/headscale",
    "--",
    "headscale",
    ...command,
    "--output",
    "json",
  );

/** All nodes that the server knows, in its order. */
async function nodes(): Promise<Node[]> {
  return JSON.parse(await inHeadscale("nodes", "list")) as Node[];
}

const standing = (node: Node) => ({
  ...identity(node),
  approved_routes: node.approved_routes,
  online: node.online,
});

const identity = ({ id, given_name, node_key, ip_addresses }: Node) => ({ id, given_name, node_key, ip_addresses });

/** A key as a person makes one for a device of their own. */
async function keyWithoutTag(handle: string): Promise<string> {
  const users = JSON.parse(await inHeadscale("users", "list")) as { id: number; name: string }[];
  const user = users.find(({ name }) => name === handle);
  return (JSON.parse(await inHeadscale("preauthkeys", "create", "--user", String(user?.id))) as { key: string }).key;
}

/** What the API server says to a device, trusted with the cluster's own authority. */
async function ask(from: MeshClient, address: string, path: string): Promise<string> {
  const {
    clusters: [entry],
  } = parse((await outputs()).kubeconfig) as { clusters: { cluster: { "certificate-authority-data": string } }[] };
  const ca = Buffer.from(entry?.cluster["certificate-authority-data"] ?? "", "base64");
  return new Promise((resolve, reject) => {
    const call = request(
      {
        path,
        headers: { host: "kubernetes.default.svc" },
        createConnection: () => connect({ socket: from.dial(address, 443), servername: "kubernetes.default.svc", ca }),
      },
      (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => (text += part))
          .on("error", reject)
          .on("end", () => resolve(text));
      },
    );
    call.on("error", reject).end();
  });
}
