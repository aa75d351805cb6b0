import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiServer } from "../../pod/api-server.ts";
import { createLog } from "../../pod/logging.ts";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { testCertificate, type TestCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { readRadiclePeopleConfig } from "./config.ts";
import { clusterWorkspaces } from "./credentials.ts";
import { seedNode } from "./node.ts";
import { peopleServer } from "./people-server.ts";
import { isProven } from "./proof.ts";
import { Register } from "./register.ts";

const made = { seed: newKey(), ada: newKey(), bob: newKey(), later: newKey() };
const seed = made.seed.nid;
const did = (key: keyof typeof made): string => `did:key:${made[key].nid}`;

/** A key as Radicle makes one, and what it signs as `ssh-keygen -Y sign` does. */
function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const bytes = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const packed = (content: Buffer | string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(content));
    return Buffer.concat([length, Buffer.from(content)]);
  };
  const one = (...parts: (Buffer | string)[]) => Buffer.concat(parts.map(packed));
  return {
    nid: `z${base58(Buffer.concat([Buffer.from([0xed, 0x01]), bytes]))}`,
    signed(text: string, purpose = "guildnet-radicle"): string {
      const about = one(purpose, "", "sha512");
      const digest = createHash("sha512").update(text).digest();
      const itself = sign(null, Buffer.concat([Buffer.from("SSHSIG"), about, packed(digest)]), privateKey);
      const head = Buffer.concat([Buffer.from("SSHSIG\0\0\0\x01"), packed(one("ssh-ed25519", bytes))]);
      return Buffer.concat([head, about, packed(one("ssh-ed25519", itself))]).toString("base64");
    },
  };
}

function base58(bytes: Buffer): string {
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let text = "";
  for (let number = BigInt(`0x${bytes.toString("hex")}`); number > 0n; number /= 58n)
    text = `${letters[Number(number % 58n)]}${text}`;
  return text;
}

/** An identity, and that its key says that it is a workspace's. */
const as = (key: keyof typeof made, workspace: string, by: keyof typeof made = key): object => ({
  did: did(key),
  signature: made[by].signed(`${workspace}:password of ${workspace}`),
});

let folder = "";
let api: TestApiServer;
let told: object[] = [];
let refusing = false;
let session: object | null = null;
const stops: (() => unknown)[] = [];
let port = 0;
let own: TestCertificate;
const logged: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "radicle-people-"));
  told = [];
  refusing = false;
  session = null;
  logged.length = 0;
  api = await startApiServer();
  for (const [workspace, owner] of [
    ["ada", "ada"],
    ["ada-lab", "ada"],
    ["bob", "bob"],
  ] as const)
    api.put(`/api/v1/namespaces/ws-${workspace}/secrets`, {
      metadata: { name: "radicle-access" },
      data: {
        password: Buffer.from(`password of ${workspace}`).toString("base64"),
        owner: Buffer.from(owner).toString("base64"),
      },
    } as object);
  const node = createServer((socket) => {
    socket.setEncoding("utf8").on("data", (line: string) => {
      const command = JSON.parse(line) as { command: string };
      if (command.command === "nodeId") return socket.end(`${JSON.stringify(seed)}\n`);
      if (command.command === "session") return socket.end(`${JSON.stringify(session)}\n`);
      told.push(command);
      socket.end(refusing ? '{"error":"the database is locked"}\n' : '{"updated":true}\n');
    });
  }).listen(join(folder, "control.sock"));
  await once(node, "listening");
  own = await testCertificate(["localhost"]);
  await listen();
  stops.push(
    () => node.close(),
    () => own.remove(),
    () => api.close(),
    () => rm(folder, { recursive: true }),
  );
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Starts it, with what its files have. */
async function listen(): Promise<void> {
  const server = peopleServer({
    address: "seed.guildnet-radicle.svc:8776",
    certificate: await readCertificate(own.directory),
    workspaces: clusterWorkspaces(apiServer({ url: api.url })),
    node: seedNode(join(folder, "control.sock")),
    register: await register(),
    log: createLog("info", { write: (line) => void logged.push(line) }),
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  stops.unshift(() => server.close());
}

const register = () => Register.open({ register: join(folder, "register.json"), people: join(folder, "people.json") });

async function put(
  workspace: string,
  body: object | string,
  { password = `password of ${workspace}`, path = "/identity", method = "PUT" } = {},
): Promise<{ status: number | undefined; body: unknown }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const asked = request({
    host: "127.0.0.1",
    servername: "localhost",
    port,
    ca: own.certificate,
    path,
    method,
    auth: `${workspace}:${password}`,
    agent: false,
    headers: { "content-length": Buffer.byteLength(text) },
  });
  asked.end(text);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, body: await json(response) };
}

test("a workspace says who it is, is followed, and is told where the seed is and who the others are", async () => {
  expect(await put("bob", as("bob", "bob"))).toMatchObject({ status: 200 });
  expect(await put("ada", as("ada", "ada"))).toEqual({
    status: 200,
    body: {
      seed: `${seed}@seed.guildnet-radicle.svc:8776`,
      connected: false,
      people: [
        { workspace: "ada", owner: "ada", did: did("ada") },
        { workspace: "bob", owner: "bob", did: did("bob") },
      ],
    },
  });
  expect(told).toEqual([
    { command: "follow", nid: made.bob.nid, alias: "bob" },
    { command: "follow", nid: made.ada.nid, alias: "ada" },
  ]);
  expect(logged.join("")).not.toContain("password of");
});

test.each<[string, object | null, boolean]>([
  ["is connected", { state: { connected: { since: 1_795_952_114 } } }, true],
  ["was connected", { state: { disconnected: { since: 1_795_952_114, retryAt: 1_795_952_117 } } }, false],
  ["is only just coming", { state: "attempted" }, false],
  ["was not there since the seed's began", null, false],
])("a workspace whose node %s is told so", async (_how, now, connected) => {
  session = now && { nid: made.ada.nid, link: "inbound", addr: "10.244.0.14:46132", ...now };
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 200, body: { connected } });
});

test("nobody says who they are for another", async () => {
  await put("ada", as("ada", "ada"));
  expect(await put("ada", as("bob", "ada"), { password: "password of bob" })).toMatchObject({ status: 401 });
  expect(await put("eve", as("bob", "eve"))).toMatchObject({ status: 401 });
  expect(await put("../ada", as("bob", "../ada"))).toMatchObject({ status: 401 });
  // Nor takes what is another's, were it their own other workspace, nor the seed's.
  expect(await put("bob", as("ada", "bob"))).toMatchObject({ status: 409 });
  expect(await put("ada-lab", as("ada", "ada-lab"))).toMatchObject({ status: 409 });
  expect(await put("bob", as("seed", "bob"))).toMatchObject({ status: 409 });
  expect((await register()).current()).toEqual([{ workspace: "ada", owner: "ada", did: did("ada") }]);
  expect(told).toHaveLength(1);
});

test.each<[string, object | string, object, number]>([
  ["no identity", {}, {}, 400],
  ["another kind of key", { did: "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc" }, {}, 400],
  ["no JSON", "did:key", {}, 400],
  ["what is far too long", { did: "z".repeat(5000) }, {}, 413],
  ["an identity alone", { did: did("ada") }, {}, 400],
  ["what is no signature", { did: did("ada"), signature: "{}" }, {}, 400],
  ["another path", as("ada", "ada"), { path: "/people" }, 404],
  ["another method", "", { method: "GET" }, 405],
])("%s is refused", async (_what, body, options, status) => {
  expect(await put("ada", body, options)).toMatchObject({ status });
  expect(told).toEqual([]);
});

test.each<[string, object]>([
  ["another's key", as("bob", "ada", "ada")],
  ["the key, for another workspace", as("bob", "bob")],
  ["the key, for something else", { did: did("bob"), signature: made.bob.signed("ada:password of ada", "git") }],
  ["nobody", { did: did("bob"), signature: "" }],
])("who is named before they came, by %s, is not taken for that workspace's", async (_by, body) => {
  expect(await put("ada", body)).toMatchObject({ status: 403 });
  expect(told).toEqual([]);
  expect(await put("bob", as("bob", "bob"))).toMatchObject({ status: 200 });
});

test("what OpenSSH signs by a key of Radicle's is taken, and nothing near it", () => {
  // `rad auth`, and `printf %s 'ada:password of ada' | ssh-keygen -Y sign -f "$RAD_HOME/keys/radicle" -n guildnet-radicle`
  const claim = {
    did: "did:key:z6Mkffg5ZWJoErt6kD14GF3NNTa7i9oyzc79XW7w25ZjzQTb",
    workspace: "ada",
    password: "password of ada",
  };
  const signature =
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgEgnU+SPJtrLjv0+Sd4AHi1CpVl6TgWNt1k5tA0s72UoAAAAQZ3VpbGRuZXQtcmFkaWNsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEAedfRR0CP1x9MzudjL/2QDC+gretUWV/klp/AAAVkSCuQVIa6cDlR6mwfjcPaEnjq3/4+lq30w7tDOc0nsXfwP";
  expect(isProven(signature, claim)).toBe(true);
  expect(isProven(signature, { ...claim, workspace: "bob" })).toBe(false);
  expect(isProven(signature, { ...claim, password: "another" })).toBe(false);
  expect(isProven(signature, { ...claim, did: did("ada") })).toBe(false);
  expect(isProven(signature, { ...claim, did: `did:key:z6Mk${"z".repeat(44)}` })).toBe(false);
  const bytes = Buffer.from(signature, "base64");
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes);
    other[at] = (other[at] ?? 0) ^ 1;
    expect(isProven(other.toString("base64"), claim), `byte ${at}`).toBe(false);
  }
  for (const other of [bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)])])
    expect(isProven(other.toString("base64"), claim)).toBe(false);
});

test("of two workspaces that come with one identity at once one has it", async () => {
  const answers = await Promise.all([put("ada", as("ada", "ada")), put("ada-lab", as("ada", "ada-lab"))]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  expect((await register()).current()).toHaveLength(1);
});

test("a workspace is known by as many identities as anybody needs, and no more", async () => {
  const known = Array.from({ length: 100 }, () => ({ workspace: "ada", owner: "ada", did: `did:key:${newKey().nid}` }));
  await writeFile(join(folder, "register.json"), JSON.stringify(known));
  await listen();
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 409 });
  expect(await put("bob", as("bob", "bob"))).toMatchObject({ status: 200 });
});

test("what is not followed is not known, and comes again", async () => {
  refusing = true;
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 503 });
  expect((await register()).current()).toEqual([]);
  refusing = false;
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 200 });
});

test("it is kept, and what somebody signed by before is still theirs", async () => {
  await put("ada", as("ada", "ada"));
  await put("bob", as("bob", "bob"));
  await put("ada", as("later", "ada"));
  expect((await register()).current()).toEqual([
    { workspace: "ada", owner: "ada", did: did("later") },
    { workspace: "bob", owner: "bob", did: did("bob") },
  ]);
  expect(JSON.parse(await readFile(join(folder, "people.json"), "utf8"))).toEqual({
    [made.ada.nid]: "ada",
    [made.later.nid]: "ada",
    [made.bob.nid]: "bob",
  });
  expect(await put("bob", as("ada", "bob"))).toMatchObject({ status: 409 });
});

test("what could not be written down is, as soon as it can be", async () => {
  await mkdir(join(folder, "register.json.new"));
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 503 });
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 503 });
  await rm(join(folder, "register.json.new"), { recursive: true });
  expect(await put("ada", as("ada", "ada"))).toMatchObject({ status: 200 });
  expect((await register()).current()).toHaveLength(1);
});

test("several at once are all kept", async () => {
  await Promise.all([
    put("ada", as("ada", "ada")),
    put("bob", as("bob", "bob")),
    put("ada-lab", as("later", "ada-lab")),
  ]);
  expect((await register()).current()).toHaveLength(3);
});

test("it names what is wrong with its settings", () => {
  expect(() => readRadiclePeopleConfig({})).toThrow("GUILDNET_RADICLE_ADDRESS: needs where the seed is reached");
  expect(readRadiclePeopleConfig({ GUILDNET_RADICLE_ADDRESS: "seed.example.org:8776" })).toMatchObject({
    radHome: "/data/radicle",
    peopleFile: "/data/people.json",
    port: 8777,
  });
});
