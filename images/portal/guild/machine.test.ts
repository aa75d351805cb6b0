import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { startHarness, type Harness } from "../testing/harness.ts";
import { ClusterMachine } from "../watch/machine.ts";
import { MemoryMachine, type MachineState } from "./machine.ts";

const collection = "/api/v1/namespaces/default/configmaps";
const soon = { timeout: 20_000 };
const machine = new MemoryMachine();
let api: TestApiServer, guild: Harness;
beforeAll(async () => {
  api = await startApiServer();
  guild = await startHarness({ GUILDNET_ADMINS: "root" }, { machine });
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
});
afterAll(() => Promise.all([api.close(), guild.close()]));

test("a disk that is nearly full is told to everybody, and a home to whose it is, while they look", async () => {
  machine.report({ fullHomes: new Set() });
  const looking = await Promise.all(
    ["alice", "bob", "root"].map(async (handle) => {
      const stream = await guild.open("/api/workspaces/live", { headers: { cookie: await guild.signedIn(handle) } });
      return async (): Promise<string> => String(((await once(stream, "data")) as [Buffer])[0]);
    }),
  );
  const [, forBob] = await Promise.all(looking.map((next) => next()));
  expect(forBob).toBe('event: snapshot\ndata: {"workspaces":[],"machine":{}}\n\n');
  const disk = looking.map((next) => next());
  machine.report({ diskFree: "3.2 GiB", fullHomes: new Set() });
  expect(await Promise.all(disk)).toEqual(Array(3).fill('event: machine\ndata: {"diskFree":"3.2 GiB"}\n\n'));
  const [alice, root] = [looking[0]!(), looking[2]!()];
  machine.report({ diskFree: "3.2 GiB", fullHomes: new Set(["alice"]) });
  expect(await alice).toContain('"homeNearlyFull":true');
  expect(await root).not.toContain("homeNearlyFull");
  const well = looking[0]!();
  machine.report({ diskFree: "3.2 GiB", fullHomes: new Set() });
  expect(await well).not.toContain("homeNearlyFull");
});

test("who comes later is told the same", async () => {
  machine.report({ diskFree: "1.5 GiB", fullHomes: new Set(["alice"]) });
  const cookie = await guild.signedIn("alice");
  const stream = await guild.open("/api/workspaces/live", { headers: { cookie } });
  expect(String(((await once(stream, "data")) as [Buffer])[0])).toContain('"machine":{"diskFree":"1.5 GiB"}');
  expect((await guild.ask("/api/workspaces", { headers: { cookie } })).json()).toMatchObject({
    workspaces: [{ id: "alice", homeNearlyFull: true }],
  });
});

test("what the node writes down is followed, in the portal's own namespace", async () => {
  const watched = new ClusterMachine({ kubeConfig: api.kubeConfig, warn: () => undefined, retryMs: 5 }),
    heard: MachineState[] = [];
  watched.onChange((state) => heard.push(state));
  const write = (data: Record<string, string>): void =>
    api.put(collection, { metadata: { name: "machine", namespace: "default" }, data } as never);
  write({});
  await expect.poll(() => api.watching(collection), soon).toBe(true);
  write({ "disk-free": "4.9 GiB", "full-homes": "ada,ada-lab" });
  await expect.poll(() => heard.at(-1), soon).toEqual({ diskFree: "4.9 GiB", fullHomes: new Set(["ada", "ada-lab"]) });
  write({});
  await expect.poll(() => heard.at(-1), soon).toEqual({ fullHomes: new Set() });
  expect(api.requests.every((url) => url.includes("fieldSelector=metadata.name%3Dmachine"))).toBe(true);
  watched.stop();
});
