import { jetstreamManager } from "@nats-io/jetstream";
import { errors, headers } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { execa } from "execa";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { importsOf, rightsOf } from "../../components/events/rights.ts";
import type { EventUser } from "../../components/kube/event-access.ts";
import { images } from "../../components/versions.ts";
import { accessFiles, connectFrom, publish, read, readKept } from "../../events/client/index.ts";
import { API_PREFIX, heardOf, messageOf, streamOf, subjectsOf } from "../../events/index.ts";
import type { Audience } from "../../events/index.ts";
import { newIdentity, newOperator } from "../../provider/events/claims.ts";
import { eventAccount } from "../../provider/resources/event-account.ts";
import { eventStream } from "../../provider/resources/event-stream.ts";
import type { Properties } from "../../provider/resources/resource.ts";
import { nats, type RunningNats } from "../support/nats.ts";
import { programsOf } from "../support/programs.ts";

// What the provider and the table of rights believe of NATS, held against the server whose image the components name.

const folder = mkdtempSync(join(tmpdir(), "guildnet-events-"));
const people = ["ada", "bob"];
const silent = (): void => {};
const open = new Map<string, NatsConnection>();
let bus: RunningNats;

const ada: EventUser = { kind: "workspace", id: "ada", owner: "ada", admin: false };
const bob: EventUser = { kind: "workspace", id: "bob", owner: "bob", admin: false };
const root: EventUser = { kind: "workspace", id: "root", owner: "ada", admin: true };
const up: EventUser = { kind: "service", service: "up" };
const models: EventUser = { kind: "service", service: "models" };

beforeAll(async () => {
  await programsOf(images.nats, ["nats-server"], join(folder, "bin"));
  await programsOf("guildnet.local/nats-cli:0.5.0", ["nats"], join(folder, "bin"));
  bus = await nats(folder);
  await bus.start();
  for (const audience of ["guild", "admins", "@ada", "@bob"] as const)
    await eventStream.create(stream(audience), silent);
  for (const user of [ada, bob, root, up, models]) await join_(user);
}, 1_800_000);

afterAll(async () => {
  await Promise.all([...open.values()].map((connection) => connection.close()));
  await bus.stop();
  rmSync(folder, { recursive: true, force: true });
});

const said = (text: string) => ({ agent: "test", text });
const accounts = new Map<string, Properties>();

function stream(audience: Audience, changes: Properties = {}): Properties {
  return {
    server: { ...bus.server },
    credentials: bus.operator.guildCredentials,
    name: streamOf(audience),
    subjects: [subjectsOf(audience)],
    heard: heardOf(audience),
    maxBytes: 4 * 1024 * 1024,
    maxAgeSeconds: 3600,
    duplicateWindowSeconds: 600,
    replicas: 1,
    ...changes,
  };
}

/** Makes somebody known to the bus, with a folder as its pods have it. */
async function join_(user: EventUser): Promise<string> {
  const rights = rightsOf(user, people),
    { source, reads } = rights;
  const { account, credentials } = await newIdentity(source);
  const inputs: Properties = {
    server: { ...bus.server },
    credentials: bus.operator.systemCredentials,
    operatorSeed: bus.operator.operatorSeed,
    account,
    name: source,
    imports: importsOf(rights).map((each) => ({ ...each })),
  };
  accounts.set(source, inputs);
  await open.get(source)?.close();
  await eventAccount.create(inputs, silent);
  const into = join(folder, "access", source);
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, accessFiles.credentials), credentials);
  writeFileSync(join(into, accessFiles.authority), bus.server.caCertificatePem);
  writeFileSync(join(into, accessFiles.settings), JSON.stringify({ servers: [bus.server.url], source, reads }));
  return into;
}

/** One connection of each, as long as its account is the same. */
async function as(source: string): Promise<NatsConnection> {
  const there = open.get(source);
  if (there !== undefined && !there.isClosed()) return there;
  const { connection } = await connectFrom(join(folder, "access", source), { reconnectTimeWait: 50 });
  open.set(source, connection);
  return connection;
}

async function kept(connection: NatsConnection, audience: Audience, after = 0) {
  const events = [];
  for await (const event of readKept(connection, audience, { after })) events.push(event);
  return events;
}

/** What the command line says, without any set-up but the variables that a workspace has. */
async function cli(source: string, ...args: string[]): Promise<string> {
  const access = (name: string): string => join(folder, "access", source, name);
  const context = {
    url: bus.server.url,
    creds: access(accessFiles.credentials),
    ca: access(accessFiles.authority),
    jetstream_api_prefix: API_PREFIX,
  };
  writeFileSync(access("context.json"), JSON.stringify(context));
  const env = { NATS_CONTEXT: access("context.json"), XDG_CONFIG_HOME: join(folder, "config") };
  const { all, exitCode } = await execa(join(folder, "bin/nats"), args, {
    env,
    all: true,
    reject: false,
    timeout: 30_000,
  });
  if (exitCode !== 0) throw new Error(`nats ${args.join(" ")} ended with ${exitCode}: ${all}`);
  return all;
}

describe("an event", () => {
  test("that a workspace says is read by another, as said by who said it", async () => {
    const { sequence } = await publish(await as("ws-ada"), "guild", "agent.said", said("hello"));
    expect((await kept(await as("ws-bob"), "guild", sequence - 1))[0]).toMatchObject({
      known: true,
      source: "ws-ada",
      audience: "guild",
      type: "agent.said",
      sequence,
      data: said("hello"),
    });
  });

  test("said again under the same id is kept once", async () => {
    const connection = await as("ws-ada");
    const first = await publish(connection, "guild", "agent.said", said("twice"), { id: "the-same" });
    const second = await publish(connection, "guild", "agent.said", said("twice"), { id: "the-same" });
    expect(second).toEqual({ ...first, duplicate: true });
  });

  test("for one person is that person's, and for admins theirs", async () => {
    const meter = await as("models");
    const used = { workspace: "bob", model: "small", inputTokens: 1, outputTokens: 2 };
    await publish(meter, "@bob", "models.used", used);
    await publish(meter, "admins", "models.used", used);
    expect(await kept(await as("ws-bob"), "@bob")).toMatchObject([{ source: "models", data: used }]);
    expect(await kept(await as("ws-root"), "admins")).toMatchObject([{ source: "models", data: used }]);
  });

  test("is said and read by hand, with nothing set up", async () => {
    await cli("ws-ada", "pub", "say.guild.agent.said", '{"data":{"agent":"me","text":"by hand"}}');
    await vi.waitFor(async () =>
      expect((await kept(await as("ws-bob"), "guild")).at(-1)).toMatchObject({
        known: true,
        data: { text: "by hand" },
      }),
    );
    const count = String((await kept(await as("ws-bob"), "guild")).length);
    const seen = await cli("ws-bob", "sub", "--stream", streamOf("guild"), "--direct", "--all", "--count", count);
    expect(seen).toContain("events.guild.ws-ada.agent.said");
    expect(seen).toContain("by hand");
    expect(await cli("ws-bob", "stream", "info", streamOf("guild"))).toContain("Messages:");
  });
});

describe("a reader that comes late", () => {
  test("gets everything, in order, once, though the server is killed in the middle and what was not acknowledged is said again", async () => {
    const connection = await as("ws-ada"),
      start = (await kept(connection, "guild")).at(-1)?.sequence ?? 0;
    const heard: string[] = [],
      live: string[] = [],
      ends = new AbortController();
    const listening = (async () => {
      for await (const event of read(await as("ws-bob"), "guild", { after: start }, ends.signal))
        live.push((event.data as { text: string }).text);
    })();
    const texts = Array.from({ length: 300 }, (_, index) => `event ${index}`);
    for (const [index, text] of texts.entries()) {
      if (index === 100 || index === 200) {
        await bus.kill();
        void bus.start();
      }
      await sayUntilKept(connection, text);
    }
    for (const event of await kept(await as("ws-root"), "guild", start))
      heard.push((event.data as { text: string }).text);
    expect(heard).toEqual(texts);
    await vi.waitFor(() => expect(live).toEqual(texts), { timeout: 60_000 });
    ends.abort();
    await listening;
  });

  async function sayUntilKept(connection: NatsConnection, text: string): Promise<void> {
    await vi.waitFor(() => publish(connection, "guild", "agent.said", said(text), { id: text, timeout: 1000 }), {
      timeout: 60_000,
      interval: 50,
    });
  }
});

describe("nobody", () => {
  let mallory: NatsConnection;
  beforeAll(async () => {
    mallory = await as("ws-bob");
  });
  /** Everything that is kept, as the admin of streams sees it: what attacks must leave as it is. */
  async function inventory(): Promise<Record<string, number>> {
    const all: Record<string, number> = {};
    for (const [source, audience] of [
      ["ws-root", "guild"],
      ["ws-root", "admins"],
      ["ws-root", "@ada"],
      ["ws-bob", "@bob"],
    ] as const)
      all[audience] = (await kept(await as(source), audience)).length;
    return all;
  }

  test.each([
    "events.guild.ws-ada.agent.said",
    "events.guild.up.stack.applied",
    "events.guild.ws-bob.agent.said",
    "say.guild.git.push",
    "say.guild.stack.applied",
    "say.admins.agent.said",
    "say.@ada.agent.said",
    "say.guild.ws-ada.agent.said",
  ])("speaks as another, or says what is not for it to say: %s", async (subject) => {
    const before = await inventory();
    await expect(
      mallory.request(
        subject,
        messageOf("agent.said", said("forged"), { id: subject, time: new Date().toISOString() }),
        { timeout: 2000 },
      ),
    ).rejects.toThrow(errors.RequestError);
    expect(await inventory()).toEqual(before);
  });

  test("reads what is for somebody else, live or kept, by whichever way", async () => {
    const heard: string[] = [];
    const subscriptions = ["events.@ada.>", "events.admins.>", "events.>", ">", "_INBOX.>", "$JS.>", "$SYS.>"].map(
      (subject) => mallory.subscribe(subject, { callback: (_, { subject: from }) => void heard.push(from) }),
    );
    await mallory.flush();
    const used = { workspace: "ada", model: "secret", inputTokens: 1, outputTokens: 2 };
    const meter = await as("models");
    await publish(meter, "@ada", "models.used", used);
    await publish(meter, "admins", "models.used", used);
    // What comes to everybody after it has overtaken nothing.
    await publish(meter, "@bob", "models.used", used);
    await vi.waitFor(() => expect(heard).toContain("events.@bob.models.models.used"));
    expect(heard.filter((subject) => !/^(events\.(guild|@bob)\.|_INBOX\.)/.test(subject))).toEqual([]);

    // A question that it hears itself would be waited for.
    for (const subscription of subscriptions) subscription.unsubscribe();
    for (const audience of ["@ada", "admins"] as const)
      await expect(kept(mallory, audience), audience).rejects.toThrow();
    const { streams, consumers, direct } = await jetstreamManager(mallory, { checkAPI: false, apiPrefix: API_PREFIX });
    const attempts: Record<string, () => Promise<unknown>> = {
      "get by number": () => streams.getMessage("events-@ada", { seq: 1 }),
      "get of the last": () => direct.getMessage("events-@ada", { last_by_subj: "events.@ada.models.models.used" }),
      look: () => streams.info("events-@ada"),
      list: () => streams.list().next(),
      "a consumer": () => consumers.add("events-@ada", { name: "mine", filter_subject: "events.@ada.>" }),
      "a consumer of what is allowed": () => consumers.add("events-guild", { name: "mine" }),
    };
    for (const [what, attempt] of Object.entries(attempts)) await expect(attempt(), what).rejects.toThrow();
  });

  test.each(["api", "$JS.API"])(
    "makes, changes, empties or deletes a stream, or takes an event out, by %s",
    async (apiPrefix) => {
      const before = await inventory();
      const { streams } = await jetstreamManager(mallory, { checkAPI: false, apiPrefix });
      const attempts: Record<string, () => Promise<unknown>> = {
        make: () => streams.add({ name: "mine", subjects: ["mine.>"] }),
        change: () => streams.update("events-guild", { max_age: 1e9 }),
        empty: () => streams.purge("events-guild"),
        delete: () => streams.delete("events-guild"),
        "take out": () => streams.deleteMessage("events-guild", 1),
      };
      for (const [what, attempt] of Object.entries(attempts)) await expect(attempt(), what).rejects.toThrow();
      expect(await inventory()).toEqual(before);
    },
  );

  // The server publishes an answer with rights of its own, to the subject that whoever asks has named. Within one account
  // that speaks as anybody, and deletes streams; out of an account of one's own it leads nowhere.
  test.each([
    "events.guild.ws-ada.agent.said",
    "events.admins.up.stack.applied",
    "say.admins.agent.said",
    "$JS.API.STREAM.PURGE.events-guild",
    "$JS.API.STREAM.DELETE.events-guild",
    "$JS.API.STREAM.MSG.DELETE.events-guild",
    "$SYS.REQ.CLAIMS.DELETE",
  ])("has the server speak for it, by an answer to %s", async (reply) => {
    const empty = await publishRaw(mallory, ""),
      forged = await publishRaw(
        mallory,
        messageOf("agent.said", said("forged"), { id: `by ${reply}`, time: new Date().toISOString() }),
      );
    const before = await inventory();
    for (const seq of [empty, forged])
      for (const subject of ["api.DIRECT.GET.events-guild", "api.STREAM.INFO.events-guild"])
        mallory.publish(subject, JSON.stringify({ seq }), { reply });
    mallory.publish("api.DIRECT.GET.events-guild", JSON.stringify({ seq: empty, batch: 10 }), { reply });
    await mallory.flush();
    // Asked after these, and answered by the same server in turn.
    await kept(mallory, "guild");
    expect(await inventory()).toEqual(before);
  });

  test("replaces what was said by a header that the server would act upon", async () => {
    const before = await inventory();
    for (const [name, value] of [
      ["Nats-Rollup", "all"],
      ["Nats-Rollup", "sub"],
      ["Nats-TTL", "1s"],
      ["Nats-Incr", "1"],
      ["Nats-Schedule", "@every 1s"],
    ] as const) {
      const more = headers();
      more.set(name, value);
      await mallory.request("say.guild.agent.said", "{}", { headers: more, timeout: 2000 }).catch(silent);
    }
    for (const [audience, count] of Object.entries(await inventory()))
      expect(count).toBeGreaterThanOrEqual(before[audience] ?? 0);
  });

  async function publishRaw(connection: NatsConnection, payload: string): Promise<number> {
    return (await connection.request("say.guild.agent.said", payload, { timeout: 2000 })).json<{ seq: number }>().seq;
  }
});

describe("who has gone", () => {
  test("is cut off at once, and not let in again", async () => {
    const carol: EventUser = { kind: "workspace", id: "carol", owner: "bob", admin: false };
    await join_(carol);
    const { connection } = await connectFrom(join(folder, "access", "ws-carol"), { reconnect: false });
    await publish(connection, "guild", "agent.said", said("still here"));
    await eventAccount.delete(accounts.get("ws-carol") ?? {}, silent);
    await connection.closed();
    await expect(connectFrom(join(folder, "access", "ws-carol"), { reconnect: false })).rejects.toThrow(
      /[Aa]uthorization/,
    );
    await bus.stop();
    await bus.start();
    await expect(connectFrom(join(folder, "access", "ws-carol"), { reconnect: false })).rejects.toThrow();
  });
});

describe("the provider", () => {
  test("finds an account that the bus does not know, or knows otherwise, and puts it right", async () => {
    const inputs = accounts.get("ws-ada") ?? {};
    expect(await eventAccount.drift(inputs, inputs)).toBeUndefined();
    const fewer = { ...inputs, imports: [] };
    expect(await eventAccount.drift(fewer, inputs)).toMatch(/otherwise/);
    const never = { ...inputs, account: (await newIdentity("never")).account };
    expect(await eventAccount.drift(never, never)).toMatch(/does not know/);
  });

  test("changes a stream in place, finds what is otherwise, and keeps what is in it", async () => {
    const inputs = stream("guild"),
      wider = stream("guild", { maxAgeSeconds: 7200 });
    const before = (await kept(await as("ws-root"), "guild")).length;
    expect(await eventStream.drift(inputs, inputs)).toBeUndefined();
    expect(await eventStream.drift(wider, inputs)).toMatch(/max_age/);
    await eventStream.update(wider, silent, inputs);
    expect(await eventStream.drift(wider, wider)).toBeUndefined();
    expect((await kept(await as("ws-root"), "guild")).length).toBe(before);
    const none = stream("guild", { name: "none" });
    expect(await eventStream.drift(none, none)).toMatch(/no such stream/);
    await eventStream.delete(none, silent);
  });

  test("makes all keys anew: nobody gets in by the old ones, and what was said stays", async () => {
    const before = await kept(await as("ws-root"), "guild");
    await bus.stop();
    bus.operator = await newOperator("test");
    await bus.start();
    await expect(connectFrom(join(folder, "access", "ws-root"), { reconnect: false })).rejects.toThrow();
    for (const user of [ada, bob, root, up, models]) await join_(user);
    expect(await kept(await as("ws-root"), "guild")).toEqual(before);
    expect(await eventStream.drift(stream("guild", { maxAgeSeconds: 7200 }), {})).toBeUndefined();
  });

  test("tells of a bus that does not answer, and of credentials that are none", async () => {
    const inputs = stream("guild", { server: { ...bus.server, url: "tls://localhost:9" } });
    await expect(eventStream.drift(inputs, inputs)).rejects.toThrow(
      /the event bus tls:\/\/localhost:9 does not answer/,
    );
    const strange = stream("guild", { credentials: (await newIdentity("nobody")).credentials });
    await expect(eventStream.drift(strange, strange)).rejects.toThrow(/knows no such credentials/);
  });
});

test("a copy of its folder, made while it is written to, is read by another server", async () => {
  const connection = await as("ws-ada"),
    copy = join(folder, "copy");
  const before = (await kept(connection, "guild")).length;
  let goesOn = true;
  const writing = (async () => {
    while (goesOn) await publish(connection, "guild", "agent.said", said("meanwhile"));
  })();
  cpSync(join(folder, "data"), copy, { recursive: true });
  goesOn = false;
  await writing;
  await bus.stop();
  await bus.start(copy);
  // The connection is about to be made again.
  const events = await vi.waitFor(async () => kept(await as("ws-root"), "guild"), { timeout: 60_000 });
  expect(events.length).toBeGreaterThanOrEqual(before);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => (events[0]?.sequence ?? 1) + index));
});
