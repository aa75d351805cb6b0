import * as pulumi from "@pulumi/pulumi";
import { describe, expect, expectTypeOf, test } from "vitest";
import type * as program from "../index.ts";
import { images as upstream } from "../components/index.ts";
import { record, showsInPlain } from "../components/testing/record.ts";
import type { Registered } from "../components/testing/record.ts";
import { podSpecOf } from "../policy/src/objects.ts";
import { restrictedViolations } from "../policy/src/pod-security.ts";
import { resourceRules, stackRules } from "../policy/src/rules.ts";
import { stackViolations, violations } from "../policy/src/testing/check.ts";
import type { Given } from "../policy/src/testing/check.ts";
import { imageReference, nodeLan } from "../provider/sdk/index.ts";
import { parseGuild } from "./check/parse.ts";
import { guild } from "./guild.ts";
import type { GuildOutputs } from "./guild.ts";
import type { Found } from "./survey/found.ts";
import type { Kubeconfig } from "./survey/kubeconfig.ts";
import { portalExposure } from "./systems/portal/exposure.ts";
import { portalNotes } from "./systems/portal/layer.ts";

// Images by reference, so that the graph doesn't depend on what is built on this machine.
const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const two = [{ owner: "you" }, { owner: "ada", keepData: false }];
const kubeconfig: Kubeconfig = {
  text: "KUBECONFIG CANARY",
  server: "https://192.0.2.1:6443",
  clusterName: "lab",
  credentials: { skipVerify: false },
};

interface Graph {
  all: Registered[];
  named: (name: string) => Registered;
  outputs: GuildOutputs;
}

async function graph(raw: object, joined?: Kubeconfig, backupKey?: string, found?: Found): Promise<Graph> {
  let outputs: GuildOutputs | undefined;
  const all = await record(
    () =>
      void (outputs = guild(
        parseGuild({ images, ...raw }, { kubeconfig: joined !== undefined, storageBackupKey: backupKey !== undefined }),
        joined,
        { storageBackupKey: backupKey === undefined ? undefined : pulumi.secret(backupKey) },
        found,
      )),
  );
  if (outputs === undefined) throw new Error("the program didn't run");
  const named = (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return { all, named, outputs };
}

describe("the embedded guild", () => {
  test("waits for what it needs and for nothing else", async () => {
    const { named } = await graph({ workspaces: two });
    const expectEdge = (from: string, to: string) =>
      expect(named(from).dependencies, `${from} → ${to}`).toContain(named(to).urn);
    expectEdge("cluster-kubernetes", "cluster-node");
    expectEdge("you-deployment", "you-home");
    expectEdge("you-deployment", "you-namespace");
    expectEdge("you-deployment", "cluster-image-workspace");
    expectEdge("you-home", "storage-class");
    expectEdge("ada-home", "storage-disposable-class");
    expectEdge("portal-deployment", "cluster-image-portal");
    expectEdge("storage-provisioner", "cluster-image-local-path-provisioner");
    expectEdge("cluster-dns-deployment", "cluster-image-coredns");
    // A pod that names a missing class is refused.
    expectEdge("you-deployment", "scheduling-interactive");
    for (const deployment of ["portal-deployment", "storage-provisioner"])
      expectEdge(deployment, "scheduling-platform");
  });

  test("is the same without a proxy as it was before there was one, and with one tells whoever has the internet, and the node", async () => {
    const workspaces = [{ owner: "ada" }, { owner: "ada", name: "shut", internet: false }],
      apps = [{ name: "wiki", owner: "ada", image: "example.org/wiki:1", port: 3000, internet: true }];
    const proxy = { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"], exclude: ["intern.example.org"] };
    const without = await graph({ workspaces, apps }),
      { all, named } = await graph({ workspaces, apps, proxy });
    expect(JSON.stringify(without.all)).not.toMatch(/proxy"|_PROXY/i);
    expect(named("ada-network-to-proxy").inputs["spec"]).toMatchObject({
      egress: [{ to: [{ ipBlock: { cidr: "10.1.2.0/24" } }], ports: [{ port: 3128 }] }],
    });
    expect(all.map(({ name }) => name).filter((name) => name.endsWith("-to-proxy"))).toEqual(
      expect.arrayContaining(["ada-network-to-proxy", "wiki-network-to-proxy"]),
    );
    expect(all.some(({ name }) => name === "shut-network-to-proxy")).toBe(false);
    const { exclude } = named("cluster-node").inputs["proxy"] as { exclude: string[] };
    expect(exclude).toEqual(
      expect.arrayContaining([
        "intern.example.org",
        "10.244.0.0/16",
        "10.96.0.0/16",
        "198.19.0.0/24",
        "guildnet.localhost",
        ".guildnet.localhost",
      ]),
    );
    expect(JSON.stringify(named("ada-deployment").inputs)).toContain(
      `"name":"no_proxy","value":"${exclude.join(",")},localhost`,
    );
  });

  test("has a portal that waits for no workspace, and workspaces that wait for no portal nor each other", async () => {
    const { all } = await graph({ workspaces: two });
    const of = (component: string) =>
      new Set(
        all
          .filter(({ parent, urn }) => [parent, urn].some((each) => each.endsWith(`::${component}`)))
          .map(({ urn }) => urn),
      );
    const groups = ["portal", "you", "ada"].map(of);
    for (const group of groups) {
      expect(group.size).toBeGreaterThan(10);
      for (const resource of all.filter(({ urn }) => group.has(urn))) {
        for (const other of groups.filter((each) => each !== group))
          expect(
            resource.dependencies.filter((urn) => other.has(urn)),
            resource.name,
          ).toEqual([]);
      }
    }
  });

  test("perishes with its node: nothing in the cluster is deleted one by one", async () => {
    const { all, named } = await graph({ workspaces: two });
    const node = named("cluster-node").urn;
    const parents = new Map(all.map((resource) => [resource.urn, resource]));
    for (const resource of all.filter(({ type }) => type.startsWith("kubernetes:"))) {
      // The engine hands the option down from a parent that has it.
      let above: Registered | undefined = resource;
      while (above !== undefined && above.deletedWith === "") above = parents.get(above.parent);
      expect(above?.deletedWith, resource.name).toBe(node);
    }
  });

  test("makes the images first that a workspace waits for", async () => {
    const { all, named } = await graph({ workspaces: two, events: {}, registry: {}, radicle: {}, models: {} });
    const byUrn = new Map(all.map((resource) => [resource.urn, resource]));
    const imagesAmong = ({ dependencies }: Registered) =>
      dependencies.flatMap((urn) => byUrn.get(urn) ?? []).filter(({ type }) => type === "guildnet:index:NodeImage");
    const waitedFor = imagesAmong(named("you-deployment"));
    expect(waitedFor.map(({ name }) => name).sort()).toEqual(["cluster-image-radicle", "cluster-image-workspace"]);
    for (const image of [...waitedFor, named("cluster-image-portal"), named("cluster-image-local-path-provisioner")])
      expect(imagesAmong(image), `what ${image.name} waits for`).toEqual([]);
    expect(imagesAmong(named("cluster-image-nats"))).toEqual(expect.arrayContaining(waitedFor));
  });

  test("has one Kubernetes provider", async () => {
    const { all } = await graph({ workspaces: two });
    expect(all.filter(({ type }) => type === "pulumi:providers:kubernetes")).toHaveLength(1);
    expect(new Set(all.filter(({ type }) => type.startsWith("kubernetes:")).map(({ provider }) => provider)).size).toBe(
      1,
    );
  });

  test("publishes the portal on loopback, at the port of its Service", async () => {
    const { named } = await graph({});
    expect(named("cluster-node").inputs["publish"]).toEqual([
      { hostAddress: "127.0.0.1", hostPort: 8090, nodePort: 30090, announceVisitors: true },
    ]);
    expect(named("portal-service").inputs["spec"]).toMatchObject({
      type: "NodePort",
      ports: [
        { name: "https", nodePort: 30091 },
        { name: "announced", targetPort: 8444, nodePort: 30090 },
      ],
    });
  });

  test("ends with all that its systems tell: what index.ts leaves out would be told to nobody", () => {
    expectTypeOf<keyof typeof program>().toEqualTypeOf<keyof GuildOutputs>();
  });

  test("ends with where to go", async () => {
    const { outputs } = await graph({ workspaces: two });
    expect(outputs).toMatchObject({
      portalUrl: "https://guildnet.localhost:8090",
      people: ["you", "ada"],
      workspaces: [
        { name: "you", owner: "you", url: "https://you.guildnet-apps.localhost:8090/" },
        { name: "ada", owner: "ada", url: "https://ada.guildnet-apps.localhost:8090/" },
      ],
    });
    for (const key of ["signInKey", "kubeconfig"] as const)
      expect(await (outputs[key] as unknown as { isSecret: Promise<boolean> }).isSecret, key).toBe(true);
    expect(outputs.notes.join()).not.toContain("NetworkPolicies");
    expect(outputs.appsDomain).toBe("guildnet-apps.localhost");
    expect(outputs.notes.join()).not.toContain("set cookies");
  });
});

test("every address that a guild publishes has a probe", async () => {
  const { outputs } = await graph({
    workspaces: two,
    apps: [{ name: "wiki", owner: "ada", image: "example.org/wiki:1", port: 3000 }],
    mesh: { kind: "headscale" },
  });
  expect(outputs.probes.map(({ what, component }) => [what, component])).toEqual([
    ["portal", { type: "Portal" }],
    ["mesh server", { type: "Headscale" }],
    ["workspace you", { type: "Workspace", name: "you" }],
    ["workspace ada", { type: "Workspace", name: "ada" }],
    ["app wiki", { type: "App", name: "wiki" }],
  ]);
  expect((await graph({ mesh: { kind: "none" } })).outputs.probes.map(({ what }) => what)).toEqual([
    "portal",
    "workspace you",
  ]);
});

describe("backups", () => {
  const app = {
    name: "wiki",
    owner: "ada",
    image: "example.org/wiki:1",
    port: 3000,
    storage: { size: "1Gi", path: "/data" },
    user: 999,
  };
  const raw = {
    workspaces: two,
    apps: [app, { name: "page", owner: "ada", image: "example.org/page:1", port: 3000 }],
    registry: {},
    mesh: { kind: "headscale" },
  };
  const of = (all: Registered[]) =>
    all
      .filter(({ type }) => type.endsWith(":Backup"))
      .map(({ name }) => name)
      .sort();

  test("whose workspaces are below its portal says what that means, but where there is no place beside it", async () => {
    const { outputs } = await graph({ portal: { appsDomain: "apps.guildnet.localhost" } });
    expect(outputs.appsDomain).toBe("apps.guildnet.localhost");
    expect(outputs.notes.join()).toContain("portal.appsDomain: guildnet-apps.localhost moves them");
    expect((await graph({ portal: { host: "example.org" } })).outputs.notes.join()).not.toContain("set cookies");
  });

  test("are of every volume that holds what people made, as its owner, and none unless wanted", async () => {
    expect(of((await graph(raw)).all)).toEqual([]);
    const { all, named, outputs } = await graph({ ...raw, backup: {} });
    expect(of(all)).toEqual(["ada-backup", "headscale-backup", "registry-backup", "wiki-backup", "you-backup"]);
    const user = (name: string) =>
      (podSpecOf("kubernetes:batch/v1:CronJob", named(name).inputs) as { securityContext?: { runAsUser?: number } })
        .securityContext?.runAsUser;
    expect(["ada", "headscale", "registry", "wiki"].map((name) => user(`${name}-backup-job`))).toEqual([
      1000, 1000, 65532, 999,
    ]);
    expect(JSON.stringify(named("headscale-backup-job").inputs)).toContain("volume-copy.mjs");
    expect(named("ada-backup-job").dependencies).toEqual(
      expect.arrayContaining([
        named("ada-namespace").urn,
        named("cluster-image-restic").urn,
        named("scheduling-batch").urn,
      ]),
    );
    expect(named("ada-quota").inputs["spec"]).toMatchObject({ hard: { pods: "3" } });
    expect(outputs.backup).toMatchObject({
      target: "cluster",
      volumes: expect.arrayContaining([{ name: "wiki", namespace: "app-wiki", deployment: "app", owners: ["ada"] }]),
    });
    expect(await (outputs.backup!.key as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
    expect(outputs.notes.join()).toMatch(/lost with the machine/);
  });

  test("at a server elsewhere need none here", async () => {
    const { all, named, outputs } = await graph({
      workspaces: two,
      backup: { target: { kind: "rest", url: "https://192.0.2.7:8000/lab" } },
    });
    expect(
      all.filter(({ type, name }) => type.endsWith(":BackupServer") || name === "cluster-image-rest-server"),
    ).toEqual([]);
    expect(named("you-backup-network").inputs["spec"]).toMatchObject({
      egress: [{}, { to: [{ ipBlock: { cidr: "192.0.2.7/32" } }] }],
    });
    expect(outputs.notes.join()).not.toMatch(/lost with the machine/);
  });
});

describe("volumes that are there already", () => {
  const found: Found = new Map([
    ["ws-ada", { owner: "ada", claims: new Map([["home", { size: "50Gi", className: "local-path" }]]) }],
  ]);

  test("are taken over with class and size as they are, which is told where it isn't what the config says", async () => {
    const { named, outputs } = await graph(
      { workspaces: [{ owner: "ada", keepData: false }] },
      undefined,
      undefined,
      found,
    );
    expect(named("ada-home").inputs["spec"]).toMatchObject({
      storageClassName: "local-path",
      resources: { requests: { storage: "50Gi" } },
    });
    expect(named("ada-home").retainOnDelete).toBe(false);
    expect(named("ada-home").dependencies).toContain(named("storage-disposable-class").urn);
    expect(named("ada-quota").inputs["spec"]).toMatchObject({ hard: { "requests.storage": "50Gi" } });
    expect(outputs.notes.join()).toContain("The home of ada keeps its 50Gi");
  });

  test("have backups that say whose they are, and from whom they were taken over", async () => {
    const { named, outputs } = await graph({
      workspaces: [{ owner: "bob", name: "ada", takeOverFrom: "ada" }],
      registry: {},
      backup: {},
    });
    expect(JSON.stringify(named("ada-backup-job").inputs)).toContain('{"name":"OWNER","value":"bob"}');
    expect(JSON.stringify(named("registry-backup-job").inputs)).not.toContain('OWNER"');
    expect(outputs.backup?.volumes).toEqual([
      { name: "registry", namespace: "guildnet-registry", deployment: "registry" },
      { name: "ada", namespace: "ws-ada", deployment: "workspace", owners: ["bob", "ada"] },
    ]);
  });
});

describe("batch jobs", () => {
  test("have a place of each person's own where the config says so, and none otherwise", async () => {
    expect((await graph({ workspaces: two })).all.filter(({ type }) => type.endsWith(":BatchSpace"))).toEqual([]);
    const { named } = await graph({ workspaces: two, batch: { cpu: 3 } });
    for (const owner of ["you", "ada"])
      expect(named(`${owner}-batch-namespace`).inputs["metadata"]).toMatchObject({ name: `batch-${owner}` });
    expect(named("ada-batch-quota-batch").inputs["spec"]).toMatchObject({ hard: { "requests.cpu": "3" } });
    expect(named("ada-batch-quota-batch").dependencies).toContain(named("scheduling-batch").urn);
  });

  test("are let start by Kueue within what all may use together", async () => {
    const raw = {
      cluster: { kind: "existing" },
      workspaces: two,
      batch: { queue: "kueue", memory: "2Gi", together: { cpu: 9 } },
    };
    const { named } = await graph(raw, kubeconfig);
    expect(named("scheduling-queue").inputs["spec"]).toMatchObject({
      resourceGroups: [{ flavors: [{ resources: [{ nominalQuota: "9" }, { nominalQuota: "2Gi" }] }] }],
    });
    expect(named("ada-batch-queue").dependencies).toContain(named("scheduling-queue").urn);
  });
});

describe("an app", () => {
  const apps = [
    {
      name: "wiki",
      owner: "ada",
      image: "example.org/wiki:1",
      port: 3000,
      visibility: "public",
      storage: { size: "1Gi", path: "/data" },
      keepData: false,
    },
  ];

  test("is there where the config says so, and told with its address; a public one is told of", async () => {
    const { named, outputs } = await graph({ workspaces: two, apps });
    expect(named("wiki-namespace").inputs["metadata"]).toMatchObject({
      name: "app-wiki",
      labels: { "guildnet.io/visibility": "public" },
    });
    expect(named("wiki-data").dependencies).toContain(named("storage-disposable-class").urn);
    expect(named("wiki-deployment").dependencies).toContain(named("scheduling-interactive").urn);
    expect(outputs.apps).toEqual([
      { name: "wiki", owner: "ada", visibility: "public", url: "https://wiki.guildnet-apps.localhost:8090/" },
    ]);
    expect(outputs.notes.join()).toContain("without signing in: wiki");
    expect((await graph({ workspaces: two })).outputs).toMatchObject({ apps: [] });
  });
});

describe("a load balancer", () => {
  const joinedLan = {
    lan: "192.168.1.0/24",
    interfaces: ["eth0"],
    pools: [{ name: "public", addresses: ["192.168.1.240/29"] }],
  };

  test("is there where the config says so, with a pool of the node's own LAN, and none otherwise", async () => {
    const without = await graph({ workspaces: two });
    expect(without.all.filter(({ type, name }) => /LoadBalancer|metallb/.test(type + name))).toEqual([]);
    expect(without.named("cluster-node").inputs["lanCidr"]).toBe(nodeLan.cidr);
    const { named, outputs } = await graph({
      workspaces: two,
      loadBalancer: {},
      cluster: { kind: "embedded", lanCidr: "192.168.77.0/24" },
    });
    expect(named("cluster-node").inputs["lanCidr"]).toBe("192.168.77.0/24");
    expect(named("load-balancer-pool-default").inputs["spec"]).toEqual({
      addresses: ["192.168.77.128-192.168.77.254"],
      autoAssign: true,
    });
    expect(named("load-balancer-advertisement").inputs["spec"]).toEqual({
      ipAddressPools: ["default"],
      interfaces: ["lan0"],
    });
    for (const program of ["controller", "speaker"]) {
      expect(named(`load-balancer-${program}`).dependencies).toEqual(
        expect.arrayContaining([named(`cluster-image-metallb-${program}`).urn, named("scheduling-platform").urn]),
      );
    }
    expect(outputs.notes.join()).toContain("192.168.77.128-192.168.77.254");
  });

  test("of an existing cluster gives the portal and the mesh's server addresses of the pools they ask for", async () => {
    const { named, all } = await graph(
      {
        cluster: { kind: "existing" },
        loadBalancer: joinedLan,
        portal: { service: "LoadBalancer", addressPool: "public" },
        mesh: { kind: "headscale", service: "LoadBalancer", hostname: "headscale.example.org" },
      },
      kubeconfig,
    );
    expect(named("portal-service").inputs["metadata"]).toMatchObject({
      annotations: { "metallb.io/address-pool": "public", "guildnet.io/exposed": "portal.service is LoadBalancer" },
    });
    const { annotations } = named("mesh-service").inputs["metadata"] as { annotations: object };
    expect(annotations).not.toHaveProperty(["metallb.io/address-pool"]);
    expect(named("load-balancer-advertisement").inputs["spec"]).toEqual({
      ipAddressPools: ["public"],
      interfaces: ["eth0"],
    });
    expect(all.map(({ name }) => name)).toContain("load-balancer-memberlist-key");
  });
});

describe("a registry", () => {
  test("is there where the config says so, and is trusted by the node from its start", async () => {
    expect(
      (await graph({ workspaces: two })).all.filter(
        ({ type, name }) => type.endsWith(":Registry") || name.includes("registry"),
      ),
    ).toEqual([]);
    const { named } = await graph({
      workspaces: two,
      registry: {},
      cluster: { kind: "embedded", serviceCidr: "10.99.0.0/16" },
    });
    expect(named("cluster-node").inputs["registries"]).toEqual([
      { host: "registry.guildnet-registry.svc", address: "10.99.0.11", caCertificatePem: "CA CERTIFICATE" },
    ]);
    expect(named("registry-service").inputs["spec"]).toMatchObject({ clusterIP: "10.99.0.11" });
    expect(named("authority").deletedWith).toBe("");
    for (const image of ["cluster-image-registry", "cluster-image-portal"])
      expect(named("registry-deployment").dependencies).toContain(named(image).urn);
    expect(named("registry-data").dependencies).toContain(named("storage-class").urn);
  });

  test("is waited for by no workspace", async () => {
    const { all, named } = await graph({ workspaces: two, registry: {} });
    const own = new Set(
      all
        .filter(({ parent, type }) => parent.endsWith("::registry") || type.endsWith(":Registry"))
        .map(({ urn }) => urn),
    );
    expect(own.size).toBeGreaterThan(10);
    for (const owner of ["you", "ada"]) {
      const parts = all.filter(({ parent }) => parent.endsWith(`:Workspace::${owner}`));
      expect(parts.map(({ name }) => name)).toContain(`${owner}-registry-access`);
      for (const { name, dependencies } of parts)
        expect(
          dependencies.filter((urn) => own.has(urn)),
          name,
        ).toEqual([]);
    }
    expect(named("you-registry-authority").dependencies).toContain(named("authority").urn);
  });
});

test("one more workspace adds its own resources and changes no other", async () => {
  const before = await graph({ people: { you: {}, ada: {} }, workspaces: [{ owner: "you" }] });
  const after = await graph({ people: { you: {}, ada: {} }, workspaces: [{ owner: "ada" }, { owner: "you" }] });
  const old = new Map(before.all.map((resource) => [resource.urn, resource]));
  const added = after.all.filter(({ urn }) => !old.has(urn));
  expect(added.length).toBeGreaterThan(10);
  for (const { name } of added) expect(name).toMatch(/^ada(-|$)/);
  for (const resource of after.all.filter(({ urn }) => old.has(urn))) {
    const was = old.get(resource.urn);
    expect({ ...resource, dependencies: resource.dependencies.toSorted(), outputs: undefined }).toEqual({
      ...was,
      dependencies: was?.dependencies.toSorted(),
      outputs: undefined,
    });
  }
});

describe("a guild on an existing cluster", () => {
  const config = { cluster: { kind: "existing" }, workspaces: two };

  test("makes nothing of the cluster itself, and opens nothing", async () => {
    const { all, named, outputs } = await graph(config, kubeconfig);
    expect(all.filter(({ type }) => /EmbeddedNode|NodeImage|StorageClass/.test(type))).toEqual([]);
    expect(named("portal-service").inputs["spec"]).toMatchObject({ type: "ClusterIP" });
    expect(named("you-home").inputs["spec"]).not.toHaveProperty("storageClassName");
    expect(outputs.notes.join()).toContain("port-forward");
    expect(outputs.notes.join()).toContain("NetworkPolicies keep workspaces apart where");
  });

  test("gets volumes from Longhorn where the config says so, kept ones from the class with backups", async () => {
    const storage = {
      kind: "longhorn",
      replicas: 2,
      backup: { url: "s3://volumes@eu-central-1/", accessKeyId: "AKIA" },
    };
    const { all, named } = await graph({ ...config, storage }, kubeconfig, "BACKUP CANARY");
    expect(named("you-home").dependencies).toContain(named("storage-class").urn);
    expect(named("ada-home").dependencies).toContain(named("storage-disposable-class").urn);
    expect(named("storage-class").inputs["parameters"]).toMatchObject({
      numberOfReplicas: "2",
      backupTargetName: "guildnet",
    });
    expect(named("storage-backups").inputs["spec"]).toMatchObject({ cron: "0 3 * * *", retain: 14 });
    expect(JSON.stringify(all)).toContain("BACKUP CANARY");
    for (const { inputs, outputs, name } of all)
      expect(showsInPlain([inputs, outputs], "BACKUP CANARY"), name).toBe(false);
  });

  test.each<[string, Partial<Kubeconfig>, string | undefined, { clusterIdentifier: string; kept: boolean }]>([
    [
      "one that is new to it, whatever its name",
      { identity: "uid-1" },
      undefined,
      { clusterIdentifier: "uid-1", kept: false },
    ],
    // Its objects are in a state that may have them by the name in a kubeconfig.
    [
      "one that it is in already",
      { identity: "uid-1", hasGuild: true },
      undefined,
      { clusterIdentifier: "uid-1", kept: true },
    ],
    ["one that would not say", {}, undefined, { clusterIdentifier: "lab", kept: true }],
    [
      "one that the config has a name for",
      { identity: "uid-1", hasGuild: true },
      "ours",
      { clusterIdentifier: "ours", kept: false },
    ],
  ])("knows %s", async (_, known, identity, { clusterIdentifier, kept }) => {
    const { named } = await graph({ ...config, cluster: { kind: "existing", identity } }, { ...kubeconfig, ...known });
    expect(named("cluster-kubernetes").inputs["clusterIdentifier"]).toBe(clusterIdentifier);
    expect(named("cluster-kubernetes").ignoreChanges).toEqual(kept ? ["clusterIdentifier"] : []);
  });

  test("replaces nothing when its credentials or its address change", async () => {
    const before = await graph(config, kubeconfig);
    const after = await graph(config, { ...kubeconfig, text: "OTHER", server: "https://192.0.2.2:6443" });
    expect(after.named("cluster-kubernetes").inputs["clusterIdentifier"]).toBe(
      before.named("cluster-kubernetes").inputs["clusterIdentifier"],
    );
    expect(after.all.map(({ urn }) => urn).sort()).toEqual(before.all.map(({ urn }) => urn).sort());
  });

  test("pulls what it runs: upstream's images by their references, and what is built here from the registry that it is pushed to", async () => {
    const wanted = parseGuild(
      {
        ...config,
        mesh: { kind: "headscale", service: "LoadBalancer", hostname: "headscale.example.org" },
        images: { registry: "registry.example.org/guild", portal: "example.org/portal:1" },
      },
      { kubeconfig: true, imagesCredentials: true },
    );
    const all = await record(
      () => void guild(wanted, kubeconfig, { imagesCredentials: pulumi.secret("guild:PUSH CANARY") }),
    );
    const named = (name: string) => all.find((resource) => resource.name === name) ?? expect.fail(`no ${name}`);
    expect(all.filter(({ type }) => type === "guildnet:index:PushedImage").map(({ name }) => name)).toEqual([
      "cluster-image-workspace",
    ]);
    const { inputs, parent } = named("cluster-image-workspace");
    expect(inputs).toMatchObject({
      image: imageReference("workspace", "images/workspace"),
      context: "images/workspace",
    });
    expect(JSON.stringify(inputs["registry"])).toContain('"registry.example.org/guild"');
    expect(parent).toBe(all.find(({ type }) => type === "guildnet:index:ExistingCluster")?.urn);
    expect(JSON.stringify(named("ada-deployment").inputs)).toContain('"image":"registry.example.org/guild/workspace:');
    expect(named("ada-deployment").dependencies).toContain(named("cluster-image-workspace").urn);
    expect(JSON.stringify(named("portal-deployment").inputs)).toContain('"image":"example.org/portal:1"');
    expect(
      JSON.stringify(all.filter(({ name }) => name.startsWith("mesh")).map((resource) => resource.inputs)),
    ).toContain(`"image":"${upstream.headscale}"`);
    expect(JSON.stringify(all)).toContain("PUSH CANARY");
    for (const { inputs: own, outputs, name } of all)
      expect(showsInPlain([own, outputs], "PUSH CANARY"), name).toBe(false);
  });

  test("needs neither registry nor image of the guild's for workspaces that have their own", async () => {
    const { all } = await graph(
      { ...config, images: { portal: images.portal }, workspaces: [{ owner: "you", image: "example.org/mine:1" }] },
      kubeconfig,
    );
    expect(JSON.stringify(all.find(({ name }) => name === "you-deployment")?.inputs)).toContain(
      '"image":"example.org/mine:1"',
    );
    expect(all.filter(({ type }) => type === "guildnet:index:PushedImage")).toEqual([]);
  });

  test("shows its kubeconfig nowhere", async () => {
    const { all } = await graph(config, kubeconfig);
    expect(JSON.stringify(all)).toContain("CANARY");
    for (const { inputs, outputs, name } of all) expect(showsInPlain([inputs, outputs], "CANARY"), name).toBe(false);
  });
});

describe.each([
  ["embedded", { workspaces: two }, undefined],
  ["embedded and open to a network", { workspaces: two, portal: { address: "192.0.2.1" } }, undefined],
  [
    "embedded with everything",
    {
      workspaces: two,
      batch: {},
      registry: {},
      certificates: {},
      loadBalancer: {},
      backup: {},
      apps: [
        { name: "wiki", owner: "ada", image: "example.org/wiki:1", port: 3000, replicas: 2 },
        {
          name: "notes",
          owner: "you",
          image: "example.org/notes:1",
          port: 3000,
          storage: { size: "1Gi", path: "/data" },
        },
      ],
    },
    undefined,
  ],
  [
    "existing with Longhorn",
    { cluster: { kind: "existing" }, workspaces: two, storage: { kind: "longhorn", snapshots: {} } },
    kubeconfig,
  ],
  [
    "existing",
    {
      cluster: { kind: "existing" },
      workspaces: two,
      portal: { service: "LoadBalancer", addressPool: "public" },
      loadBalancer: { lan: "192.168.1.0/24", pools: [{ name: "public", addresses: ["192.168.1.240/29"] }] },
      registry: { address: "10.43.0.11", keepData: false },
    },
    kubeconfig,
  ],
])("the graph that is %s", (_, raw, joined) => {
  test("holds to every rule of the policy pack", async () => {
    const given = (await graph(raw, joined)).all
      .filter(({ custom }) => custom)
      .map(({ type, inputs }): Given => ({ type, props: inputs }));
    for (const rule of resourceRules)
      expect(
        given.flatMap((resource) => violations(rule, resource)),
        rule.name,
      ).toEqual([]);
    for (const rule of stackRules) expect(stackViolations(rule, given), rule.name).toEqual([]);
  });

  test("has no pod that restricted Pod Security would refuse but MetalLB's speaker, listed namespaces included", async () => {
    const pods = (await graph(raw, joined)).all.flatMap(({ type, inputs, name }) =>
      podSpecOf(type, inputs) === undefined ? [] : [{ name, pod: podSpecOf(type, inputs) }],
    );
    expect(pods.length).toBeGreaterThan(2);
    const refused = pods.filter(({ pod }) => restrictedViolations(pod ?? {}).length > 0).map(({ name }) => name);
    expect(refused).toEqual("loadBalancer" in raw ? ["load-balancer-speaker"] : []);
  });
});

describe("a guild with certificates", () => {
  const everything = { workspaces: two, registry: {}, certificates: {}, mesh: { kind: "headscale" } };

  test("has one authority, which signs for all of it", async () => {
    const { all, named } = await graph(everything);
    expect(
      all
        .filter(({ type }) => type === "guildnet:index:CertificateAuthority")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["authority", "registry-signer"]);
    expect(all.filter(({ type }) => type === "guildnet:index:Certificate")).toEqual([]);
    expect(
      all
        .filter(({ type }) => type === "kubernetes:cert-manager.io/v1:Certificate")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["mesh-certificate", "portal-certificate", "registry-certificate"]);
    expect(named("cluster-node").dependencies).toContain(named("authority").urn);
  });

  test("keeps the authority that its portal had", async () => {
    expect((await graph({ workspaces: two })).named("authority")).toMatchObject({
      inputs: { commonName: "GuildNet CA" },
      aliases: ["portal-authority urn:pulumi:stack::project::guildnet:index:Portal::portal"],
    });
  });

  test("lets workspaces, storage and all that serves nothing wait for no certificate", async () => {
    const { all, named } = await graph(everything);
    const behind = new Set([named("certificates-issuer").urn]);
    for (let size = 0; size !== behind.size;) {
      size = behind.size;
      for (const { urn, dependencies } of all) if (dependencies.some((one) => behind.has(one))) behind.add(urn);
    }
    const waiting = all.filter(({ urn, custom }) => custom && behind.has(urn)).map(({ name }) => name);
    expect(waiting).toEqual(expect.arrayContaining(["portal-certificate", "portal-deployment", "registry-deployment"]));
    expect(
      waiting.filter((name) =>
        /^(you|ada|storage|scheduling|cluster)-|^portal-(namespace|network|account|keys|service)/.test(name),
      ),
    ).toEqual([]);
  });
});

describe("an address beyond loopback", () => {
  test("is written beside the Service it opens, and told", () => {
    const config = parseGuild({ portal: { address: "192.0.2.1" } }, { kubeconfig: false });
    expect(portalExposure(config)).toMatchObject({ address: "192.0.2.1", reason: "portal.address is 192.0.2.1" });
    expect(portalNotes(config).join()).toContain("192.0.2.1");
  });
});
