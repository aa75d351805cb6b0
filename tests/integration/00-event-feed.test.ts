import type { NatsConnection } from "@nats-io/transport-node";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importsOf, rightsOf } from "../../components/events/rights.ts";
import type { EventUser } from "../../components/kube/event-access.ts";
import { images } from "../../components/versions.ts";
import { accessFiles, connectFrom, publish } from "../../events/client/index.ts";
import { heardOf, streamOf, subjectsOf, type Audience } from "../../events/index.ts";
import { onBus } from "../../images/pod/on-bus.ts";
import { EventFeed, type Kept, type Reading } from "../../images/portal/guild/event-feed.ts";
import type { WorkspaceEvents } from "../../images/portal/guild/workspace-events.ts";
import { NatsEventBus } from "../../images/portal/watch/event-bus.ts";
import { natsWorkspaceEvents } from "../../images/portal/watch/workspace-events.ts";
import { newIdentity } from "../../provider/events/claims.ts";
import { eventAccount } from "../../provider/resources/event-account.ts";
import { eventStream } from "../../provider/resources/event-stream.ts";
import type { Properties } from "../../provider/resources/resource.ts";
import { nats, type RunningNats } from "../support/nats.ts";
import { programsOf } from "../support/programs.ts";

// How the portal reads the event bus, held against the server whose image the components name.

const folder = mkdtempSync(join(tmpdir(), "guildnet-feed-"));
const soon = { timeout: 60_000 };
const silent = (): void => {};
const warnings: string[] = [];
let server: RunningNats, workspace: NatsConnection, bus: NatsEventBus, feed: EventFeed;

beforeAll(async () => {
  await programsOf(images.nats, ["nats-server"], join(folder, "bin"));
  server = await nats(folder);
}, 1_800_000);

afterAll(async () => {
  bus?.stop();
  await workspace?.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function streams(): Promise<void> {
  for (const audience of ["guild", "admins", "@ada"] as const)
    await eventStream.create(
      {
        server: { ...server.server },
        credentials: server.operator.guildCredentials,
        name: streamOf(audience),
        subjects: [subjectsOf(audience)],
        heard: heardOf(audience),
        maxBytes: 4 * 1024 * 1024,
        maxAgeSeconds: 3600,
        duplicateWindowSeconds: 600,
        replicas: 1,
      },
      silent,
    );
}

const identities = new Map<string, { account: string; credentials: string }>();
const accounts = new Map<string, Properties>();

/** @returns the folder that its pods have; its account is told to the server as it is now */
async function known(user: EventUser): Promise<string> {
  const rights = rightsOf(user, ["ada"]),
    { source, reads } = rights;
  const identity = identities.get(source) ?? (await newIdentity(source));
  identities.set(source, identity);
  const account = {
    server: { ...server.server },
    credentials: server.operator.systemCredentials,
    operatorSeed: server.operator.operatorSeed,
    account: identity.account,
    name: source,
    imports: importsOf(rights).map((each) => ({ ...each })),
  };
  accounts.set(source, account);
  await eventAccount.create(account, silent);
  const access = join(folder, "access", source);
  mkdirSync(access, { recursive: true });
  writeFileSync(join(access, accessFiles.credentials), identity.credentials);
  writeFileSync(join(access, accessFiles.authority), server.server.caCertificatePem);
  writeFileSync(join(access, accessFiles.settings), JSON.stringify({ servers: [server.server.url], source, reads }));
  return access;
}

const portal: EventUser = { kind: "service", service: "portal" };
const ada: EventUser = { kind: "workspace", id: "ada", owner: "ada", admin: false };

const say = (audience: Audience, text: string) => publish(workspace, audience, "agent.said", { agent: "test", text });

/** What somebody reads, and what of it came after it was asked for. */
function reading(...audiences: Audience[]): Reading & { readonly came: string[] } {
  const came: string[] = [];
  return { ...feed.read(audiences, ({ event }) => came.push(textOf({ event }))), came };
}

const textOf = ({ event }: Pick<Kept, "event">): string => (event.data as { text: string }).text;

test("the portal waits for a bus that is not there yet, and reads what was said as soon as it is", async () => {
  bus = new NatsEventBus({
    directory: join(folder, "access", "portal"),
    warn: (message) => warnings.push(message),
    retryMs: 50,
  });
  feed = new EventFeed(bus);
  const asked = reading("guild");
  await expect.poll(() => warnings, soon).toContain("the event bus does not answer, and is tried again");
  expect(feed.connected).toBe(false);
  await server.start();
  await streams();
  ({ connection: workspace } = await connectFrom(await known(ada), { reconnectTimeWait: 50 }));
  for (let number = 1; number <= 600; number++) await say("guild", String(number));
  await known(portal);
  await asked.ready;
  expect(feed.connected).toBe(true);
  expect(asked.kept("guild").map(textOf)).toEqual(Array.from({ length: 500 }, (_, index) => String(index + 101)));
  expect(asked.kept("guild").at(-1)?.event).toMatchObject({ source: "ws-ada", sequence: 600, known: true });
  asked.stop();
});

test("what is for one person comes to that person alone", async () => {
  const [own, others] = [reading("guild", "@ada"), reading("guild", "admins")];
  await Promise.all([own.ready, others.ready]);
  own.came.length = others.came.length = 0;
  await say("@ada", "for ada");
  await say("guild", "for all");
  await expect.poll(() => own.came.toSorted(), soon).toEqual(["for ada", "for all"]);
  await expect.poll(() => others.came, soon).toEqual(["for all"]);
  own.stop();
  others.stop();
});

test("somebody whom the bus does not know yet is not kept from the rest", async () => {
  const asked = reading("guild", "@bob");
  await asked.ready;
  expect(asked.kept("guild").map(textOf).at(-1)).toBe("for all");
  expect(asked.kept("@bob")).toEqual([]);
  asked.stop();
  expect(warnings.filter((warning) => warning.includes("@bob"))).toHaveLength(1);
});

test("nothing is missed or told twice while the server is killed and comes back", async () => {
  const asked = reading("guild");
  await asked.ready;
  asked.came.length = 0;
  await say("guild", "before");
  await expect.poll(() => asked.came, soon).toEqual(["before"]);
  await server.kill();
  await expect.poll(() => feed.connected, soon).toBe(false);
  await server.start();
  await expect.poll(async () => (await say("guild", "after").catch(() => undefined)) !== undefined, soon).toBe(true);
  await expect.poll(() => asked.came.filter((text) => text === "after").length > 0, soon).toBe(true);
  expect(feed.connected).toBe(true);
  expect(asked.came.filter((text) => text === "before")).toEqual(["before"]);
  asked.stop();
});

test("a bus that comes back with less than it had is read from its start", async () => {
  const asked = reading("guild");
  await asked.ready;
  await server.kill();
  await server.start(join(folder, "from-a-backup"));
  await streams();
  await Promise.all([known(portal), known(ada)]);
  await expect.poll(async () => (await say("guild", "anew").catch(() => undefined)) !== undefined, soon).toBe(true);
  await expect.poll(() => asked.kept("guild").map(textOf)[0], soon).toBe("anew");
  expect(asked.kept("guild")[0]?.event.sequence).toBe(1);
  asked.stop();
});

test("credentials that were made anew are taken up", async () => {
  const asked = reading("guild");
  await asked.ready;
  const before = accounts.get("portal") ?? expect.fail("it is not known");
  await eventAccount.delete(before, silent);
  await expect.poll(() => feed.connected, soon).toBe(false);
  identities.delete("portal");
  await known(portal);
  await expect.poll(() => feed.connected, soon).toBe(true);
  await say("guild", "still");
  await expect.poll(() => asked.came, soon).toContain("still");
  asked.stop();
});

test("credentials that were made anew are taken up by whoever says something now and then, however long they take to come", async () => {
  const alerts: EventUser = { kind: "service", service: "alerts" };
  const access = await known(alerts);
  const tell = onBus(access);
  const failed = (id: string) => tell("admins", "backup.failed", { volume: "ws-ada", reason: "It is full." }, id);
  await failed("before");
  await eventAccount.delete(accounts.get("alerts") ?? expect.fail("it is not known"), silent);
  const connections = async (): Promise<number> => {
    const { http } = JSON.parse(readFileSync(join(folder, "server.json"), "utf8")) as { http: string };
    return ((await (await fetch(`http://${http}/varz`)).json()) as { total_connections: number }).total_connections;
  };
  const refused = (await connections()) + 3;
  await expect.poll(connections, soon).toBeGreaterThan(refused);
  identities.delete("alerts");
  await known(alerts);
  await expect.poll(() => failed("after").then(() => "said", String), soon).toBe("said");
});

test("a workspace that asks the portal's tools is at the bus who its own credentials say, and may no more than itself", async () => {
  const bob: EventUser = { kind: "workspace", id: "bob", owner: "bob", admin: false };
  await known(bob);
  const tools = natsWorkspaceEvents(join(folder, "access", "portal"));
  const as = (source: string) => tools.signIn(identities.get(source)?.credentials ?? expect.fail("it is not known"));
  const [own, others] = [await as("ws-ada"), await as("ws-bob")];
  const over = new AbortController();
  const heard: string[] = [],
    before = await own.newest("@ada");
  const following = (async () => {
    for await (const event of own.follow("@ada", before, over.signal)) heard.push(textOf({ event }));
  })();
  await own.say("@ada", "agent.said", { agent: "test", text: "by a tool" });
  await expect.poll(() => heard, soon).toEqual(["by a tool"]);
  over.abort();
  await following;
  const kept = async (events: WorkspaceEvents, audience: Audience) => {
    const all: string[] = [];
    for await (const event of events.kept(audience, 0)) all.push(event.source);
    return all.at(-1);
  };
  expect(await kept(own, "@ada")).toBe("ws-ada");
  await others.say("guild", "agent.said", { agent: "test", text: "by bob" });
  expect(await kept(others, "guild")).toBe("ws-bob");
  await expect(kept(others, "@ada")).rejects.toThrow();
  await expect(others.newest("@ada")).rejects.toThrow();
  await expect(others.say("@ada", "agent.said", { agent: "test", text: "to ada" })).rejects.toThrow();
  await expect(tools.signIn((await newIdentity("ws-eve")).credentials)).rejects.toThrow();
  await Promise.all([own.close(), others.close()]);
});
