import type { NatsConnection } from "@nats-io/transport-node";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { importsOf, rightsOf } from "../../components/events/rights.ts";
import type { EventUser } from "../../components/kube/event-access.ts";
import { images } from "../../components/versions.ts";
import { connectTo, publish, read, readKept } from "../../events/client/index.ts";
import { heardOf, streamOf, subjectsOf } from "../../events/index.ts";
import { newIdentity } from "../../provider/events/claims.ts";
import type { EventServer } from "../../provider/events/server.ts";
import { eventAccount } from "../../provider/resources/event-account.ts";
import { eventGuildAccount } from "../../provider/resources/event-guild-account.ts";
import { eventStream } from "../../provider/resources/event-stream.ts";
import type { Existing, Properties } from "../../provider/resources/resource.ts";
import { nats, natsCluster, type RunningCluster, type RunningNats } from "../support/nats.ts";
import { programsOf } from "../support/programs.ts";

// Three servers as a guild has them, in the very words that the component gives them: how a bus of one becomes that, and
// what becomes of events while servers are away.

const folder = mkdtempSync(join(tmpdir(), "guildnet-event-servers-"));
const within = (name: string): string => join(folder, name);
const silent = (): void => {};
// Servers choose a leader again within seconds, unless the machine has much else to do.
const soon = { timeout: 240_000, interval: 50 };

let one: RunningNats, three: RunningCluster;
const open = new Set<NatsConnection>();
const users = {
  ada: { kind: "workspace", id: "ada", owner: "ada", admin: false },
  bob: { kind: "workspace", id: "bob", owner: "bob", admin: false },
  gone: { kind: "workspace", id: "gone", owner: "bob", admin: false },
} as const satisfies Record<string, EventUser>;
type User = keyof typeof users;
const identities = new Map<User, { account: string; credentials: string }>();

beforeAll(async () => {
  for (const each of ["one", "three"]) await programsOf(images.nats, ["nats-server"], within(`${each}/bin`));
  one = await nats(within("one"));
  await one.start();
  three = await natsCluster(within("three"), one);
  await three.start();
  await eventStream.create(stream(one.server), silent);
  for (const user of Object.keys(users) as User[]) {
    identities.set(user, await newIdentity(user));
    await eventAccount.create(account(user, one.server), silent);
  }
}, 1_800_000);

afterAll(async () => {
  await Promise.all([...open].map((connection) => connection.close()));
  await Promise.all([one.stop(), three.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

function stream(server: EventServer, changes: Properties = {}): Properties {
  return {
    server: { ...server },
    credentials: one.operator.guildCredentials,
    name: streamOf("guild"),
    subjects: [subjectsOf("guild")],
    heard: heardOf("guild"),
    maxBytes: 4 * 1024 * 1024,
    maxAgeSeconds: 3600,
    duplicateWindowSeconds: 600,
    replicas: server.servers ?? 1,
    ...changes,
  };
}

function account(user: User, server: EventServer): Properties {
  const rights = rightsOf(users[user], ["ada", "bob"]);
  return {
    server: { ...server },
    credentials: one.operator.systemCredentials,
    operatorSeed: one.operator.operatorSeed,
    account: identities.get(user)?.account ?? "",
    name: rights.source,
    imports: importsOf(rights).map((each) => ({ ...each })),
  };
}

/** Connected to whichever of these servers there is, and again to another of them. */
async function as(user: User, servers: readonly EventServer[]): Promise<NatsConnection> {
  const connection = await connectTo(
    {
      servers: servers.map(({ url }) => url),
      credentials: identities.get(user)?.credentials ?? "",
      caCertificate: servers[0]?.caCertificatePem ?? "",
      name: user,
    },
    { noRandomize: true, maxReconnectAttempts: -1, reconnectTimeWait: 50, ignoreAuthErrorAbort: true },
  );
  open.add(connection);
  return connection;
}

const first = (): EventServer => three.servers[0] as EventServer;
const said = (text: string) => ({ agent: "test", text });
const textOf = ({ data }: { data: unknown }): string => (data as { text: string }).text;

/** Says it again until it is kept, as whoever speaks to a bus does. */
async function say(connection: NatsConnection, text: string): Promise<void> {
  await vi.waitFor(() => publish(connection, "guild", "agent.said", said(text), { id: text, timeout: 1000 }), soon);
}

async function kept(connection: NatsConnection, after = 0) {
  const events = [];
  for await (const event of readKept(connection, "guild", { after })) events.push(event);
  return events;
}

const texts = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

describe("a bus of one server", () => {
  test("becomes one of three with all events, their numbers and times, and none that was said meanwhile is lost or there twice", async () => {
    // As a Service's name leads to the three as soon as the one is gone.
    const ada = await as("ada", [one.server, ...three.servers]);
    for (const text of texts("early", 200)) await say(ada, text);
    const early = await kept(ada);

    let moved = false;
    const meanwhile: string[] = [];
    const speaking = (async () => {
      for (let index = 0; !moved || index < 50; index++) {
        await say(ada, `meanwhile ${index}`);
        meanwhile.push(`meanwhile ${index}`);
      }
    })();
    await eventStream.update(stream(first()), silent, stream(one.server));
    for (const user of ["ada", "bob"] as const)
      await eventAccount.update(account(user, first()), silent, account(user, one.server));
    moved = true;
    await speaking;

    const events = await kept(await as("bob", three.servers));
    expect(events.slice(0, 200)).toEqual(early);
    expect(events.map(textOf)).toEqual([...texts("early", 200), ...meanwhile]);
    expect(await eventStream.drift(stream(first()), {})).toBeUndefined();
  });

  test("lets nobody in any more who has moved", async () => {
    await expect(as("ada", [one.server])).rejects.toThrow(/[Aa]uthorization/);
  });

  test("is not brought along a second time, where a run was cut off before it had that written down", async () => {
    const connection = await as("ada", three.servers);
    await say(connection, "since then");
    const events = await kept(connection);
    await eventStream.update(stream(first()), silent, stream(one.server));
    expect(await kept(connection)).toEqual(events);
  });
});

describe("a bus of three servers", { timeout: 900_000 }, () => {
  test("goes on while one is killed after the other: in order and once, for who reads later and for who listens", async () => {
    const ada = await as("ada", three.servers),
      bob = await as("bob", three.servers);
    const start = (await kept(bob)).at(-1)?.sequence ?? 0;
    const live: string[] = [],
      ends = new AbortController();
    const listening = (async () => {
      for await (const event of read(bob, "guild", { after: start }, ends.signal)) live.push(textOf(event));
    })();
    const all = texts("of many", 150);
    for (const [index, text] of all.entries()) {
      if (index % 50 === 10) await three.each[Math.floor(index / 50)]?.kill();
      if (index % 50 === 30) await three.each[Math.floor(index / 50)]?.start();
      await say(ada, text);
    }
    expect((await kept(await as("bob", three.servers), start)).map(textOf)).toEqual(all);
    await vi.waitFor(() => expect(live).toEqual(all), soon);
    ends.abort();
    await listening;
  });

  test("says that it takes nothing while two are away, and goes on as soon as one of them is back", async () => {
    const ada = await as("ada", three.servers);
    await three.each[1]?.kill();
    await three.each[2]?.kill();
    await expect(
      publish(ada, "guild", "agent.said", said("to one of three"), { id: "to one of three", timeout: 2000 }),
    ).rejects.toThrow();
    await three.each[1]?.start();
    await say(ada, "to one of three");
    await three.each[2]?.start();
    expect(
      (await kept(await as("bob", three.servers))).filter((event) => textOf(event) === "to one of three"),
    ).toHaveLength(1);
  });

  test("forgets an account when all are there to forget it, so that none of them lets it in again", async () => {
    const moved = account("gone", first());
    await eventAccount.update(moved, silent, account("gone", one.server));
    await as("gone", three.servers);
    await three.each[2]?.kill();
    let forgotten = false;
    const forgetting = eventAccount.delete(moved, silent).then(() => (forgotten = true));
    // The two that are there forget it, and it is asked again.
    await vi.waitFor(() => expect(as("gone", three.servers.slice(0, 1))).rejects.toThrow(/[Aa]uthorization/), soon);
    expect(forgotten).toBe(false);
    await three.each[2]?.start();
    await forgetting;
    for (const server of three.servers) await expect(as("gone", [server])).rejects.toThrow(/[Aa]uthorization/);
  });

  test("is whole again from a copy of one server's folder, made while that was written to", async () => {
    const ada = await as("ada", three.servers);
    const before = await kept(ada);
    let goesOn = true;
    const writing = (async () => {
      for (let index = 0; goesOn; index++) await say(ada, `copied meanwhile ${index}`);
    })();
    cpSync(three.each[0]?.data ?? "", within("copy"), { recursive: true });
    goesOn = false;
    await writing;
    await three.stop();
    for (const { data } of three.each) {
      rmSync(data, { recursive: true });
      cpSync(within("copy"), data, { recursive: true });
    }
    await three.start();
    const events = await vi.waitFor(async () => kept(await as("bob", three.servers)), soon);
    expect(events.slice(0, before.length)).toEqual(before);
    await say(ada, "after the restore");
    expect((await kept(await as("bob", three.servers))).map(textOf)).toContain("after the restore");
  });

  test("becomes one of one server again, over what that had before", async () => {
    const events = await kept(await as("ada", three.servers));
    await eventStream.update(stream(one.server), silent, stream(first()));
    for (const user of ["ada", "bob"] as const)
      await eventAccount.update(account(user, one.server), silent, account(user, first()));
    const ada = await as("ada", [one.server]);
    expect(await kept(ada)).toEqual(events);
    await say(ada, "to one again");
    expect((await kept(await as("bob", [one.server]))).at(-1)).toMatchObject({ data: said("to one again") });
  });
});

describe("a bus that is somebody else's", () => {
  let theirs: RunningNats;
  const guild = (): Properties => ({
    server: { ...theirs.server },
    credentials: theirs.operator.systemCredentials,
    operatorSeed: theirs.operator.operatorSeed,
    generation: 1,
  });
  let made: Existing;
  const there = (user: User): Properties => ({
    ...account(user, theirs.server),
    credentials: theirs.operator.systemCredentials,
    operatorSeed: theirs.operator.operatorSeed,
  });
  const guildsStream = (): Properties => stream(theirs.server, { credentials: String(made.outputs.guildCredentials) });

  beforeAll(async () => {
    await programsOf(images.nats, ["nats-server"], within("theirs/bin"));
    theirs = await nats(within("theirs"), { ofSomebodyElse: true });
    await theirs.start();
  });

  afterAll(() => theirs.stop());

  test("is joined by its operator's key: the guild has an account there, and everybody one with the same rights", async () => {
    made = await eventGuildAccount.create(guild(), silent);
    await eventStream.create(guildsStream(), silent);
    for (const user of ["ada", "bob"] as const) await eventAccount.create(there(user), silent);
    const ada = await as("ada", [theirs.server]),
      bob = await as("bob", [theirs.server]);
    await say(ada, "on another's bus");
    expect(await kept(bob)).toMatchObject([{ source: "ws-ada", data: said("on another's bus") }]);
    await expect(bob.request("events.guild.ws-ada.agent.said", "{}", { timeout: 1000 })).rejects.toThrow();
    // The server answers that his account has no streams of its own.
    await bob.request("$JS.API.STREAM.DELETE.events-guild", "", { timeout: 1000 });
    expect(await kept(bob)).toHaveLength(1);
  });

  test("is as it was by a second run, and put right where its operator forgot the guild", async () => {
    const state = { ...guild(), ...made.outputs };
    expect(await eventGuildAccount.drift(guild(), state)).toBeUndefined();
    await eventStream.create(guildsStream(), silent);
    expect(await kept(await as("bob", [theirs.server]))).toHaveLength(1);
    await eventGuildAccount.delete(guild(), silent);
    expect(await eventGuildAccount.drift(guild(), state)).toMatch(/does not know the guild's account/);
    made = await eventGuildAccount.update(guild(), silent, { ...state, id: made.id });
    expect(await eventStream.drift(guildsStream(), {})).toBeUndefined();
    expect(await kept(await as("bob", [theirs.server]))).toHaveLength(1);
  });

  test("is not joined by a key that signs for another operator, and nothing there is changed", async () => {
    await expect(
      eventGuildAccount.create({ ...guild(), operatorSeed: one.operator.operatorSeed }, silent),
    ).rejects.toThrow(/trusts another operator/);
    expect(await eventGuildAccount.drift(guild(), { ...guild(), ...made.outputs })).toBeUndefined();
  });
});
