import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
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
import { testCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { readRadiclePeopleConfig } from "./config.ts";
import { clusterWorkspaces } from "./credentials.ts";
import { seedNode } from "./node.ts";
import { peopleServer } from "./people-server.ts";
import { Register } from "./register.ts";

const seed = "z6MkkGzQBXJrXUkxy9ESx4ZXKi5v4tF2t1oNjpLcMgVGX4w2";
const keys = {
  ada: "z6Mkr5QgY2MPoD7jN2XqG3WJ2YBJECrugbzmau5QKCdYfrrv",
  bob: "z6Mkp8gccx2VNxK6qtS8qdcAL6oX9ttHKJN1qY8GHrYHa4nq",
  later: "z6MkhHndQ7JFVn8ssgjqMt7mTrQndqm7ZwC9NGJGjyMdCkp1",
};
const did = (key: keyof typeof keys): string => `did:key:${keys[key]}`;

let folder = "";
let api: TestApiServer;
let told: object[] = [];
let refusing = false;
const stops: (() => unknown)[] = [];
let port = 0;
let ca = "";
const logged: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "radicle-people-"));
  told = [];
  refusing = false;
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
      told.push(command);
      socket.end(refusing ? '{"error":"the database is locked"}\n' : '{"updated":true}\n');
    });
  }).listen(join(folder, "control.sock"));
  await once(node, "listening");
  const own = await testCertificate(["localhost"]);
  ca = own.certificate;
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
  stops.push(
    () => server.close(),
    () => node.close(),
    () => own.remove(),
    () => api.close(),
    () => rm(folder, { recursive: true }),
  );
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

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
    ca,
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
  expect(await put("bob", { did: did("bob") })).toMatchObject({ status: 200 });
  expect(await put("ada", { did: did("ada") })).toEqual({
    status: 200,
    body: {
      seed: `${seed}@seed.guildnet-radicle.svc:8776`,
      people: [
        { workspace: "ada", owner: "ada", did: did("ada") },
        { workspace: "bob", owner: "bob", did: did("bob") },
      ],
    },
  });
  expect(told).toEqual([
    { command: "follow", nid: keys.bob, alias: "bob" },
    { command: "follow", nid: keys.ada, alias: "ada" },
  ]);
  expect(logged.join("")).not.toContain("password of");
});

test("nobody says who they are for another", async () => {
  await put("ada", { did: did("ada") });
  expect(await put("ada", { did: did("bob") }, { password: "password of bob" })).toMatchObject({ status: 401 });
  expect(await put("eve", { did: did("bob") })).toMatchObject({ status: 401 });
  expect(await put("../ada", { did: did("bob") })).toMatchObject({ status: 401 });
  // Nor takes what is another's, were it their own other workspace, nor the seed's.
  expect(await put("bob", { did: did("ada") })).toMatchObject({ status: 409 });
  expect(await put("ada-lab", { did: did("ada") })).toMatchObject({ status: 409 });
  expect(await put("bob", { did: `did:key:${seed}` })).toMatchObject({ status: 409 });
  expect((await register()).current()).toEqual([{ workspace: "ada", owner: "ada", did: did("ada") }]);
  expect(told).toHaveLength(1);
});

test.each<[string, object | string, object, number]>([
  ["no identity", {}, {}, 400],
  ["another kind of key", { did: "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc" }, {}, 400],
  ["no JSON", "did:key", {}, 400],
  ["what is far too long", { did: "z".repeat(5000) }, {}, 413],
  ["another path", { did: did("ada") }, { path: "/people" }, 404],
  ["another method", "", { method: "GET" }, 405],
])("%s is refused", async (_what, body, options, status) => {
  expect(await put("ada", body, options)).toMatchObject({ status });
  expect(told).toEqual([]);
});

test("what is not followed is not known, and comes again", async () => {
  refusing = true;
  expect(await put("ada", { did: did("ada") })).toMatchObject({ status: 503 });
  expect((await register()).current()).toEqual([]);
  refusing = false;
  expect(await put("ada", { did: did("ada") })).toMatchObject({ status: 200 });
});

test("it is kept, and what somebody signed by before is still theirs", async () => {
  await put("ada", { did: did("ada") });
  await put("bob", { did: did("bob") });
  await put("ada", { did: did("later") });
  expect((await register()).current()).toEqual([
    { workspace: "ada", owner: "ada", did: did("later") },
    { workspace: "bob", owner: "bob", did: did("bob") },
  ]);
  expect(JSON.parse(await readFile(join(folder, "people.json"), "utf8"))).toEqual({
    [keys.ada]: "ada",
    [keys.later]: "ada",
    [keys.bob]: "bob",
  });
  expect(await put("bob", { did: did("ada") })).toMatchObject({ status: 409 });
});

test("several at once are all kept", async () => {
  await Promise.all([
    put("ada", { did: did("ada") }),
    put("bob", { did: did("bob") }),
    put("ada-lab", { did: did("later") }),
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
