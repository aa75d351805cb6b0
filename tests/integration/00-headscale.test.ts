import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { images } from "../../components/versions.ts";
import { HeadscaleApi } from "../../provider/headscale/api.ts";
import { createApiKey, expireApiKey, listApiKeys, type ApiKey } from "../../provider/headscale/commands.ts";
import type { Server } from "../../provider/headscale/connection.ts";
import { headscalePolicy } from "../../provider/resources/headscale-policy.ts";
import { headscalePreAuthKey } from "../../provider/resources/headscale-pre-auth-key.ts";
import { headscaleUser } from "../../provider/resources/headscale-user.ts";
import type { Properties, ResourceKind } from "../../provider/resources/resource.ts";
import { client, headscale, type Client, type RunningServer } from "../support/headscale.ts";
import { programsOf } from "../support/programs.ts";

// What the provider believes of Headscale, held against the server whose image the components name.

const folder = mkdtempSync(join(tmpdir(), "guildnet-headscale-"));
const silent = (): void => {};
const clients: Client[] = [];
let running: RunningServer, apiKey: ApiKey, server: Server, api: HeadscaleApi;

beforeAll(async () => {
  await programsOf(images.headscale, ["ko-app/headscale"], join(folder, "bin"));
  await programsOf(images.tailscale, ["usr/local/bin/tailscale", "usr/local/bin/tailscaled"], join(folder, "bin"));
  running = await headscale(folder);
  await running.start("database");
  apiKey = await createApiKey(running.program, 90);
  server = { url: running.url, apiKey: apiKey.key, caCertificatePem: running.caCertificatePem };
  api = new HeadscaleApi(server, 10_000);
}, 1_800_000);

afterAll(async () => {
  await Promise.all(clients.map((one) => one.stop()));
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function made(kind: ResourceKind, inputs: Properties): Promise<Properties> {
  const { id, outputs } = await kind.create(inputs, silent);
  return { ...inputs, ...outputs, id };
}

async function joins(name: string, key: unknown): Promise<Client | undefined> {
  const one = client(folder, name);
  clients.push(one);
  return (await one.join(running, String(key))) ? one : undefined;
}

const user = (name: string, details: Properties = {}): Properties => ({ server: { ...server }, name, ...details });
const routerKey = (userId: unknown, changes: Properties = {}): Properties => ({
  server: { ...server },
  userId: String(userId),
  tags: ["tag:router"],
  reusable: true,
  ephemeral: false,
  expirationHours: 24,
  renewWhenUsed: false,
  generation: 1,
  ...changes,
});
const policy = JSON.stringify({
  tagOwners: { "tag:router": ["ada@"], "tag:server": ["ada@"] },
  acls: [{ action: "accept", src: ["*"], dst: ["*:*"] }],
  autoApprovers: { routes: { "10.96.0.0/16": ["tag:router"] } },
});

describe("the program", () => {
  test("says the version of its image", async () => {
    expect(await running.program("version")).toContain(images.headscale.split(":").at(-1));
  });

  test("makes a key of 90 days, lists it by its prefix, and ends it", async () => {
    expect((apiKey.expiration.getTime() - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    const other = await createApiKey(running.program, 1),
      its = new HeadscaleApi({ ...server, apiKey: other.key }, 1000);
    expect(await its.userNamed("nobody")).toBeUndefined();
    // Of the program's times whole seconds are read.
    const toSeconds = (keys: { prefix: string; expiration: Date }[]) =>
      keys.map(({ prefix, expiration }) => [prefix, Math.floor(expiration.getTime() / 1000)]);
    expect(toSeconds(await its.apiKeys())).toEqual(toSeconds(await listApiKeys(running.program)));
    await expireApiKey(running.program, other.prefix);
    await expect(its.userNamed("nobody")).rejects.toMatchObject({ status: 401, code: "headscale-unauthorized" });
    expect((await listApiKeys(running.program)).map(({ prefix }) => prefix)).toEqual([apiKey.prefix, other.prefix]);
  });
});

describe("a policy", () => {
  test("is none before one is set, then the text that was set", async () => {
    expect(await headscalePolicy.drift({ server: { ...server }, policy }, {})).toBe("the server has no policy");
    await made(headscaleUser, user("ada", { displayName: "Ada", email: "ada@example.org" }));
    const text = `// who\n${policy}`;
    const state = await made(headscalePolicy, { server: { ...server }, policy: text });
    expect(await api.policy()).toBe(text);
    expect(await headscalePolicy.drift({ server: { ...server }, policy }, state)).toBeUndefined();
  });

  test("that was changed by hand is set right", async () => {
    const inputs = { server: { ...server }, policy };
    await api.setPolicy('{"acls":[]}');
    expect(await headscalePolicy.drift(inputs, {})).toBe("the server has another policy");
    await headscalePolicy.update(inputs, silent, { ...inputs, id: "a" });
    expect(await headscalePolicy.drift(inputs, {})).toBeUndefined();
  });

  test("that the server does not understand is refused with its words", async () => {
    await expect(made(headscalePolicy, { server: { ...server }, policy: '{"rules":[]}' })).rejects.toMatchObject({
      answer: expect.stringContaining('unknown field "rules"'),
    });
    expect(await headscalePolicy.drift({ server: { ...server }, policy }, {})).toBeUndefined();
  });
});

describe("a user", () => {
  test("is adopted after a lost state, and renamed in place", async () => {
    const state = await made(headscaleUser, user("grace"));
    expect((await made(headscaleUser, user("grace"))).userId).toBe(state.userId);
    expect((await headscaleUser.update(user("hopper"), silent, state)).outputs).toEqual({ userId: state.userId });
    expect(await headscaleUser.drift(user("hopper"), state)).toBeUndefined();
    expect(await headscaleUser.drift(user("grace"), state)).toBe("the server has no user of this name");
    await headscaleUser.delete({ ...state, name: "hopper" }, silent);
    expect(await api.userNamed("hopper")).toBeUndefined();
  });

  test("that is not there has no keys, and none of them can be ended", async () => {
    expect(await api.preAuthKeys("4711")).toEqual([]);
    await expect(api.expirePreAuthKey("1", "no-such-key")).resolves.toBeUndefined();
  });
});

describe("a key for nodes", () => {
  test("lets a node join with its tag, until another takes its place", async () => {
    const { userId } = await made(headscaleUser, user("ada")),
      inputs = routerKey(userId);
    const old = await made(headscalePreAuthKey, inputs);
    const first = await joins("first", old.key);
    expect(await first?.tags()).toEqual(["tag:router"]);
    expect(await headscalePreAuthKey.drift(inputs, old)).toBeUndefined();

    const { outputs } = await headscalePreAuthKey.update({ ...inputs, generation: 2 }, silent, old);
    expect(outputs.key).not.toBe(old.key);
    expect(await joins("refused", old.key)).toBeUndefined();
    expect(await joins("second", outputs.key)).toBeDefined();
    expect(await headscalePreAuthKey.drift(inputs, old)).toBe("it has expired");
    expect(await first?.tags()).toEqual(["tag:router"]);
  });

  test("for one node lets one node join, and is used then", async () => {
    const { userId } = await made(headscaleUser, user("ada")),
      inputs = routerKey(userId, { reusable: false, renewWhenUsed: true, tags: ["tag:server"] });
    const state = await made(headscalePreAuthKey, inputs);
    expect(await joins("only", state.key)).toBeDefined();
    expect(await headscalePreAuthKey.drift(inputs, state)).toBe("it was used");
    expect(await joins("late", state.key)).toBeUndefined();
  });

  test("ends when it is deleted", async () => {
    const { userId } = await made(headscaleUser, user("ada")),
      inputs = routerKey(userId);
    const state = await made(headscalePreAuthKey, inputs);
    await headscalePreAuthKey.delete(state, silent);
    expect(await headscalePreAuthKey.drift(inputs, state)).toBe("it has expired");
    expect(await joins("too-late", state.key)).toBeUndefined();
  });

  test("keeps the server from deleting its user, who leaves with the nodes that joined with it", async () => {
    const { userId } = await made(headscaleUser, user("ada"));
    await expect(api.deleteUser(String(userId))).rejects.toMatchObject({
      answer: expect.stringContaining("user not empty"),
    });
    const told: string[] = [];
    await headscaleUser.delete(user("ada"), (message) => void told.push(message));
    expect(told.map((message) => message.split(" ").at(-1)).sort()).toEqual(["first", "only", "second"]);
    expect(await api.userNamed("ada")).toBeUndefined();
    await expect(api.deleteNode("1")).resolves.toBeUndefined();
    await made(headscaleUser, user("ada"));
  });
});

test("a server that reads its policy from a file says so", async () => {
  await running.stop();
  await running.start("file");
  await expect(api.setPolicy(policy)).rejects.toThrow("Its settings must say policy.mode: database");
});

test("a server that is away is asked again until it is back", async () => {
  await running.stop();
  const answer = new HeadscaleApi(server, 30_000).userNamed("ada");
  await running.start("database");
  expect(await answer).toMatchObject({ name: "ada" });
});
