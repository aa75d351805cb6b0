import { createHash } from "node:crypto";
import waitFor from "p-wait-for";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { controlPlaneConfig, patched, serialised, type ClusterInput } from "../../provider/talos/config.ts";
import { readApi, talosProtos, type TalosApi } from "../../provider/talos/api.ts";
import { TalosClient } from "../../provider/talos/client.ts";
import { generateSecrets, issueCredentials, type TalosCredentials } from "../../provider/talos/secrets.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { manifestFiles } from "../../toolchain/manifests/manifest.ts";
import { VERSIONS } from "../../toolchain/versions.ts";
import { coreDnsImage, etcdImage } from "./images.ts";
import { inLab, Lab } from "./lab.ts";
import { leftOf, settings } from "./left.ts";
import type { Node } from "./node.ts";

const soon = { interval: 500, timeout: 120_000 };
const slowly = { interval: 1000, timeout: 400_000 };

const name = "test";
let before: object, lab: Lab, api: TalosApi, cluster: ClusterInput, credentials: TalosCredentials;
let one: Node, client: TalosClient;
/** Where its API is reached from here. */
const talosOf = (node: Node): Promise<string> => lab.network.reach(node.address, 50_000);

beforeAll(async () => {
  before = settings();
  const home = guildnetHome();
  api = readApi(await manifestFiles(talosProtos, { home, offline: true, report: () => {} }));
  lab = await Lab.start(name);
  one = lab.node("one");
  const secrets = await generateSecrets();
  credentials = await issueCredentials(secrets, "os:admin", 1);
  cluster = {
    clusterName: "guild",
    endpoint: `https://${one.address}:6443`,
    kubernetesVersion: VERSIONS.kubernetes.version,
    secrets,
    certSans: ["127.0.0.1"],
    scheduleOnControlPlanes: true,
    patch: inLab,
  };
});

afterAll(async () => {
  client?.close();
  await lab?.remove();
});

/** Starts a machine that is new, and gives it its config as one without a cluster takes it: from anybody who knows its fingerprint. */
async function install(node: Node, config: string): Promise<void> {
  await node.start();
  const address = await talosOf(node);
  const onConsole = (): string | undefined => /"fingerprint": "([^"]+)"/.exec(node.console())?.[1];
  await waitFor(() => onConsole() !== undefined, soon);
  const maintenance = await waiting(() => TalosClient.inMaintenance(api, address, onConsole()));
  try {
    expect(await waiting(() => maintenance.version())).toMatchObject({ tag: `v${VERSIONS.talos.version}` });
    await maintenance.applyConfiguration(config);
  } finally {
    maintenance.close();
  }
}

/** Tries until it succeeds: a machine that starts fails to answer, or says that it is too early. */
async function waiting<T>(work: () => Promise<T>): Promise<T> {
  return vi.waitFor(work, { interval: soon.interval, timeout: soon.timeout });
}

describe("a machine of Talos", () => {
  test("waits for a config, takes one, and lets in who has its cluster's credentials alone", async () => {
    const config = patched(controlPlaneConfig(cluster, { hostname: "one" }), {
      cluster: { etcd: { image: etcdImage }, coreDNS: { image: coreDnsImage } },
    });
    await install(one, serialised(config));
    client = TalosClient.of(api, await talosOf(one), credentials);
    expect(await waiting(() => client.version())).toEqual({ tag: `v${VERSIONS.talos.version}`, mode: "container" });
    const foreign = TalosClient.of(
      api,
      await talosOf(one),
      await issueCredentials(await generateSecrets(), "os:admin", 1),
    );
    await expect(foreign.version()).rejects.toMatchObject({ code: "talos-untrusted" });
    foreign.close();
  });

  test("becomes a cluster by one call, and refuses a second one", async () => {
    await waiting(() => client.bootstrap());
    await waitFor(
      async () => (await waiting(() => client.services())).some(({ id, healthy }) => id === "etcd" && healthy === true),
      slowly,
    );
    await expect(client.bootstrap()).rejects.toMatchObject({ code: "talos-exists" });
    expect(await client.etcdMembers()).toMatchObject([{ hostname: "one", isLearner: false }]);
  });

  test("gives a kubeconfig of its own making", async () => {
    expect(parse(await client.kubeconfig())).toMatchObject({
      clusters: [{ cluster: { server: `https://${one.address}:6443` } }],
    });
  });

  test("has a snapshot of etcd taken, with its hash at the end", async () => {
    const snapshot = await client.etcdSnapshot(),
      content = snapshot.subarray(0, -32);
    expect(content.length).toBeGreaterThan(0);
    expect(createHash("sha256").update(content).digest().equals(snapshot.subarray(-32))).toBe(true);
  });
});

test("nothing is left of machines once they are removed, nor of the machine's settings changed", async () => {
  client.close();
  await lab.remove();
  expect(await leftOf(name)).toEqual([]);
  expect(settings()).toEqual(before);
});
