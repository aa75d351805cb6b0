import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { GuildnetProvider } from "./guildnet-provider.ts";
import type { Properties } from "./resources/resource.ts";
import { thisMachine } from "./node/this-machine.ts";
import { headscaleServer } from "./testing/headscale-server.ts";
import { inputs as node } from "./testing/node-spec.ts";
import { scratchFolder, scratchHome } from "./testing/scratch.ts";
import { secret, unwrap } from "./wire.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const urnOf = (type: string, parents = ""): string => `urn:pulumi:dev::guildnet::${parents}guildnet:index:${type}::it`;

/** A provider, with what it said about its resources. */
function provider(): { provider: GuildnetProvider; notes: string[]; flushed: () => number } {
  const notes: string[] = [];
  let flushes = 0;
  const log = {
    note: (_urn: string, message: string) => void notes.push(message),
    progressOf: () => ({ say: () => {}, flush: () => void flushes++ }),
  };
  return { provider: new GuildnetProvider("0.1.0", log), notes, flushed: () => flushes };
}

const authority = (
  await provider().provider.create(urnOf("CertificateAuthority"), { commonName: "Test CA", validityDays: 3650 })
).outs as Properties;
const certificateInputs: Properties = {
  caCertificatePem: authority.certificatePem,
  caPrivateKeyPem: authority.privateKeyPem,
  commonName: "portal",
  dnsNames: ["portal.localhost"],
  ipAddresses: [],
  validityDays: 90,
};

describe("check", () => {
  test("passes valid inputs on as they came, wrappers and all", async () => {
    const { inputs, failures } = await provider().provider.check(urnOf("Certificate"), {}, certificateInputs);
    expect(failures).toEqual([]);
    expect(inputs).toEqual(certificateInputs);
  });

  test("chooses a node's identifier once, and another for its replacement", async () => {
    const { clusterIdentifier: _none, ...given } = node;
    const check = async (old: Properties): Promise<unknown> =>
      ((await provider().provider.check(urnOf("EmbeddedNode"), old, given)).inputs as Properties).clusterIdentifier;
    expect(await check(node)).toBe(node.clusterIdentifier);
    const chosen = [await check({}), await check({})];
    expect(chosen).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(chosen[0]).not.toBe(chosen[1]);
  });

  test("refuses a node of another name, which a renamed stack would get, and names both", async () => {
    const check = async (old: Properties, wanted: Properties) =>
      (await provider().provider.check(urnOf("EmbeddedNode"), old, wanted)).failures;
    const other = `${String(node.clusterName)}-2`;
    expect(await check(node, { ...node, clusterName: other })).toEqual([
      {
        property: "clusterName",
        reason: expect.stringMatching(
          new RegExp(`is ${String(node.clusterName)};.*${other}, made anew and empty.*stack rename`),
        ),
      },
    ]);
    for (const [old, wanted] of [
      [{}, node],
      [node, { ...node, apiPort: 7443 }],
      [node, { ...node, clusterName: unknown }],
    ] as const)
      expect(await check(old, wanted)).toEqual([]);
  });

  test("refuses other networks for a node that is there, whose objects would be lost, and says what to write", async () => {
    const check = async (old: Properties, wanted: Properties) =>
      (await provider().provider.check(urnOf("EmbeddedNode"), old, wanted)).failures;
    const { podCidr, serviceCidr } = node;
    const refusal = (property: string, is: unknown) => ({
      property,
      reason: expect.stringMatching(
        `has ${String(is)} for good.*made anew.*Write ${String(is)} again.*The cluster was not changed`,
      ) as string,
    });
    expect(await check(node, { ...node, podCidr: "10.200.0.0/16", serviceCidr: "10.201.0.0/16" })).toEqual([
      refusal("podCidr", podCidr),
      refusal("serviceCidr", serviceCidr),
    ]);
    for (const [old, wanted] of [
      [{}, node],
      [node, { ...node, podCidr: unknown }],
    ] as const)
      expect(await check(old, wanted)).toEqual([]);
  });

  test("names each property that is wrong, down to the entry of a list", async () => {
    const wrong = {
      ...node,
      clusterName: "Not A Name",
      apiPort: 0,
      publish: [
        { hostPort: 8090, nodePort: 30090 },
        { hostPort: 8091, nodePort: 80 },
      ],
    };
    const { failures } = await provider().provider.check(urnOf("EmbeddedNode"), {}, wrong);
    expect(failures?.map(({ property }) => property)).toEqual(["clusterName", "apiPort", "publish.1.nodePort"]);
    expect(failures?.[0]?.reason).toBe("must be a DNS label of at most 50 characters");
  });

  test("names what is missing", async () => {
    const { failures } = await provider().provider.check(urnOf("NodeImage"), {}, { cluster: "a" });
    expect(failures?.map(({ property }) => property)).toEqual(["reference"]);
  });

  test("finds no fault with what is not known yet, but with the rest", async () => {
    const wanted = {
      ...node,
      podCidr: unknown,
      publish: [{ hostAddress: unknown, hostPort: unknown, nodePort: 30090 }],
      apiPort: "many",
    };
    const { failures } = await provider().provider.check(urnOf("EmbeddedNode"), {}, wanted);
    expect(failures?.map(({ property }) => property)).toEqual(["apiPort"]);
    expect(
      (await provider().provider.check(urnOf("EmbeddedNode"), {}, { ...node, publish: unknown })).failures,
    ).toEqual([]);
  });

  test("knows a resource below others by the last of its types", async () => {
    const { failures } = await provider().provider.check(
      urnOf("RandomSecret", "guildnet:index:Portal$"),
      {},
      { bytes: 1 },
    );
    expect(failures?.map(({ property }) => property)).toEqual(["bytes"]);
  });

  test("refuses a type it does not have, with those it has", async () => {
    await expect(provider().provider.check(urnOf("Nothing"), {}, {})).rejects.toThrow(
      /Nothing is not a resource of this provider; it has .*RandomSecret/,
    );
  });
});

describe("diff", () => {
  const diff = async (type: string, old: Properties, wanted: Properties): Promise<unknown> =>
    provider().provider.diff("id", urnOf(type), old, wanted);

  test("finds no change in the same inputs, whichever side is wrapped", async () => {
    expect(await diff("RandomSecret", { bytes: 32, value: "x" }, { bytes: 32 })).toEqual({ changes: false });
    const old = { cluster: "c", reference: secret("a.b/c:d"), buildArgs: { A: "1" } };
    scratchHome();
    expect(await diff("NodeImage", old, { cluster: "c", reference: "a.b/c:d", buildArgs: { A: secret("1") } })).toEqual(
      { changes: false },
    );
  });

  test("updates for a change that can be made in place", async () => {
    existingNode();
    expect(await diff("EmbeddedNode", { ...node, kubeconfig: "" }, { ...node, apiPort: 16444 })).toEqual({
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
  });

  test("replaces for one that cannot, and says for which", async () => {
    expect(await diff("EmbeddedNode", node, { ...node, apiPort: 16444, podCidr: "10.245.0.0/16" })).toEqual({
      changes: true,
      replaces: ["podCidr"],
      deleteBeforeReplace: true,
    });
    expect(await diff("RandomSecret", { bytes: 32 }, { bytes: 64 })).toEqual({
      changes: true,
      replaces: ["bytes"],
      deleteBeforeReplace: false,
    });
  });

  test("does not replace for what may turn out the same", async () => {
    existingNode();
    expect(await diff("EmbeddedNode", node, { ...node, clusterName: unknown })).toMatchObject({
      changes: true,
      replaces: [],
    });
  });

  test("finds an input that the program no longer gives", async () => {
    scratchHome();
    const old = { cluster: "c", reference: "a.b/c:d", context: "images/c" };
    expect(await diff("NodeImage", old, { cluster: "c", reference: "a.b/c:d" })).toMatchObject({ changes: true });
  });

  test("finds drift where no input changed, and says what it is", async () => {
    writeFileSync(join(existingNode(), "spec.json"), JSON.stringify(node));
    const { provider: tested, notes } = provider();
    expect(await tested.diff("id", urnOf("EmbeddedNode"), { ...node, kubeconfig: "" }, node)).toEqual({
      changes: true,
    });
    expect(notes).toEqual(["the cluster is stopped"]);
  });

  test("replaces a node whose data is gone, or is another's", async () => {
    scratchHome();
    expect(await diff("EmbeddedNode", node, node)).toMatchObject({
      changes: true,
      replaces: expect.arrayContaining(["clusterIdentifier"]),
    });
    expect(await diff("EmbeddedNode", node, { ...node, apiPort: 16444 })).toMatchObject({
      changes: true,
      replaces: expect.arrayContaining(["clusterIdentifier"]),
    });
    writeFileSync(join(existingNode(), "identity"), "another");
    expect(await diff("EmbeddedNode", node, node)).toMatchObject({
      changes: true,
      replaces: expect.arrayContaining(["clusterIdentifier"]),
    });
  });
});

describe("a node on another machine", () => {
  const urn = urnOf("EmbeddedNode"),
    there: Properties = { ...node, machine: { id: "0".repeat(32), host: "the-cellar" } };
  const refusal = {
    code: "elsewhere",
    message: expect.stringMatching(
      /^the cluster guild-test is on another machine, the-cellar: run this there\. .*GUILDNET_MOVED_HERE=guild-test in the environment/,
    ),
    stack: "",
  };

  test("is believed in a preview, which says where it is and shows what would change", async () => {
    scratchHome();
    const { provider: tested, notes } = provider();
    const { inputs } = await tested.check(urn, there, { ...node, previewed: true });
    expect(inputs).toEqual(there);
    expect(await tested.diff("id", urn, { ...there, kubeconfig: "" }, inputs as Properties)).toEqual({
      changes: false,
    });
    expect(notes).toEqual(["taken to be as it was: the cluster guild-test is on another machine, the-cellar"]);
    expect(await tested.diff("id", urn, there, { ...there, apiPort: 16444 })).toEqual({
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
    expect(await tested.diff("id", urn, there, { ...there, podCidr: "10.245.0.0/16" })).toMatchObject({
      replaces: ["podCidr"],
    });
    expect(await tested.read("a", urn, there)).toMatchObject({ id: "a" });
  });

  test("is neither updated nor removed from here, and its program is refused first of all", async () => {
    scratchHome();
    const { provider: tested } = provider();
    await expect(tested.check(urn, there, { ...node, previewed: false })).rejects.toMatchObject(refusal);
    await expect(tested.update("a", urn, there, there)).rejects.toMatchObject(refusal);
    await expect(tested.delete("a", urn, there)).rejects.toMatchObject(refusal);
  });

  test("whose data came here is this machine's once a person says so", async () => {
    existingNode();
    const { provider: tested } = provider();
    await expect(tested.check(urn, there, { ...node, previewed: false })).rejects.toMatchObject({
      message: expect.stringContaining("its data, which is here, is taken over"),
    });
    vi.stubEnv("GUILDNET_MOVED_HERE", "guild-other");
    await expect(tested.check(urn, there, { ...node, previewed: false })).rejects.toMatchObject(refusal);
    vi.stubEnv("GUILDNET_MOVED_HERE", node.clusterName);
    const inputs = (await tested.check(urn, there, { ...node, previewed: false })).inputs as Properties;
    expect(inputs.machine).toEqual(thisMachine());
    expect(await tested.diff("id", urn, there, inputs)).toEqual({
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
  });

  test("that is no more is made anew here once a person says so", async () => {
    scratchHome();
    vi.stubEnv("GUILDNET_MOVED_HERE", node.clusterName);
    const { provider: tested } = provider(),
      inputs = (await tested.check(urn, there, { ...node, previewed: false })).inputs as Properties;
    expect(await tested.diff("id", urn, there, inputs)).toMatchObject({
      replaces: expect.arrayContaining(["clusterIdentifier"]),
    });
    await expect(tested.delete("a", urn, there)).resolves.toBeUndefined();
  });

  test("of an earlier version's making is taken for this machine's, whose mark it gets", async () => {
    existingNode();
    const { provider: tested } = provider(),
      inputs = (await tested.check(urn, node, { ...node, previewed: false })).inputs as Properties;
    expect(inputs.machine).toEqual(thisMachine());
    expect(await tested.diff("id", urn, node, inputs)).toEqual({
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
  });
});

describe("diff of what a server holds", () => {
  const apiKey = {
    kubeconfig: "{}",
    namespace: "mesh",
    labelSelector: "a=b",
    container: "c",
    expirationDays: 90,
    renewBeforeDays: 30,
  };

  test("finds none between two texts that say the same", async () => {
    const { server, books } = await headscaleServer();
    books.policy = '{"acls":[]}';
    const { provider: tested } = provider();
    expect(
      await tested.diff(
        "id",
        urnOf("HeadscalePolicy"),
        { server: { ...server }, policy: '{"acls":[]}' },
        { server: { ...server }, policy: '{ "acls": [] } // none' },
      ),
    ).toEqual({ changes: false });
    expect(
      await tested.diff(
        "id",
        urnOf("HeadscalePolicy"),
        { server: { ...server }, policy: '{"acls":[]}' },
        { server: { ...server }, policy: unknown },
      ),
    ).toMatchObject({ changes: true, replaces: [] });
  });

  test("believes the state where nobody answers, and says so", async () => {
    const server = { url: "https://nobody.localhost:9", apiKey: "a.b" },
      { provider: tested, notes } = provider();
    expect(
      await tested.diff("id", urnOf("HeadscalePolicy"), { server, policy: "{}" }, { server, policy: "{}" }),
    ).toEqual({ changes: false });
    expect(notes).toEqual([
      expect.stringMatching(
        /^taken to be as it was: the Headscale server https:\/\/nobody.localhost:9 does not answer/,
      ),
    ]);
  });

  test("does not believe it where it is refused", async () => {
    const { server } = await headscaleServer(),
      wrong = { ...server, apiKey: "not.it" };
    await expect(
      provider().provider.diff(
        "id",
        urnOf("HeadscalePolicy"),
        { server: wrong, policy: "{}" },
        { server: wrong, policy: "{}" },
      ),
    ).rejects.toMatchObject({ code: "headscale-unauthorized", stack: "" });
  });

  test("replaces an API key that is due, the new one first", async () => {
    const { provider: tested, notes } = provider();
    const expiration = new Date(Date.now() + 29 * 24 * 60 * 60 * 1000).toISOString();
    expect(
      await tested.diff("id", urnOf("HeadscaleApiKey"), { ...apiKey, key: "a.b", prefix: "a", expiration }, apiKey),
    ).toEqual({ changes: true, replaces: ["key"] });
    expect(notes).toEqual([`its end is ${expiration}`]);
  });
});

describe("create and update", () => {
  test("keep a secret that lies within an input", async () => {
    const { server } = await headscaleServer(),
      { provider: tested } = provider();
    const inputs = { server: { ...server, apiKey: secret(server.apiKey) }, name: "ada" };
    const { id, outs } = await tested.create(urnOf("HeadscaleUser"), inputs);
    const updated = await tested.update(id, urnOf("HeadscaleUser"), outs as Properties, inputs);
    for (const state of [outs, updated.outs] as Properties[]) expect(state).toEqual({ ...inputs, userId: "1" });
  });

  test("encrypt every secret in the state, and nothing else", async () => {
    const { provider: tested } = provider();
    const { id, outs } = await tested.create(urnOf("Certificate"), {
      ...certificateInputs,
      caPrivateKeyPem: unwrap(authority.privateKeyPem),
    });
    const updated = await tested.update(id, urnOf("Certificate"), outs as Properties, certificateInputs);
    for (const state of [outs, updated.outs] as Properties[]) {
      const secrets = Object.keys(state).filter(
        (key) => unwrap(state[key]) !== state[key] && typeof unwrap(state[key]) === "string",
      );
      expect(secrets.sort()).toEqual(["caPrivateKeyPem", "privateKeyPem"]);
      expect(unwrap(state.dnsNames)).toEqual(["portal.localhost"]);
    }
    expect(unwrap((updated.outs as Properties).privateKeyPem)).not.toBe(unwrap((outs as Properties).privateKeyPem));
  });

  test("show the latest progress before they end, whether they succeed or fail", async () => {
    const { provider: tested, flushed } = provider();
    await tested.create(urnOf("RandomSecret"), { bytes: 32 });
    expect(flushed()).toBe(1);
    await expect(tested.create(urnOf("RandomSecret"), { bytes: 1 })).rejects.toThrow();
    expect(flushed()).toBe(2);
  });

  test("tell a person's mistakes without this program's stack", async () => {
    scratchHome();
    const error: unknown = await provider()
      .provider.create(urnOf("NodeImage"), { cluster: "c", reference: "a.b/c:d" })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "node-stopped", stack: "" });
  });

  test("leave what was made in part to the engine, so that it is deleted with the rest", async () => {
    existingNode();
    vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", failingToolchain());
    const inputs = { ...node, keepVolumes: false };
    const error: unknown = await provider()
      .provider.create(urnOf("EmbeddedNode"), inputs)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ id: node.clusterName, properties: inputs, reasons: [expect.any(String)], stack: "" });
    expect((error as Error).message).not.toBe("");
  });
});

describe("read", () => {
  test("gives the state back, and the inputs in it", async () => {
    const state = { bytes: 32, value: secret("x") };
    expect(await provider().provider.read("a", urnOf("RandomSecret"), state)).toEqual({
      id: "a",
      props: state,
      inputs: { bytes: 32 },
    });
  });

  test("finds a node that is there, stopped or not", async () => {
    existingNode();
    expect(await provider().provider.read("a", urnOf("EmbeddedNode"), node)).toMatchObject({ id: "a" });
  });

  test("gives no identity to a node that is gone", async () => {
    scratchHome();
    expect(await provider().provider.read("a", urnOf("EmbeddedNode"), node)).toEqual({ id: "", props: {} });
  });

  test("refuses an import", async () => {
    await expect(provider().provider.read("a", urnOf("RandomSecret"), {})).rejects.toThrow("cannot be imported");
  });
});

describe("delete", () => {
  test("forgets what exists in the state alone", async () => {
    await expect(
      provider().provider.delete("a", urnOf("RandomSecret"), { bytes: 32, value: secret("x") }),
    ).resolves.toBeUndefined();
  });

  test("removes a node with all its files", async () => {
    const folder = existingNode();
    const { provider: tested } = provider();
    await tested.delete("a", urnOf("EmbeddedNode"), { ...node, kubeconfig: secret("x") });
    expect(await tested.read("a", urnOf("EmbeddedNode"), node)).toMatchObject({ id: "" });
    expect(existsSync(folder)).toBe(false);
  });
});

/** A node of which only files are there. */
function existingNode(): string {
  const folder = join(scratchHome(), "clusters", node.clusterName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "identity"), node.clusterIdentifier);
  return folder;
}

function failingToolchain(): string {
  const path = join(scratchFolder(), "toolchain.mjs");
  writeFileSync(path, 'process.stderr.write("no network today\\n"); process.exit(1);');
  return path;
}
