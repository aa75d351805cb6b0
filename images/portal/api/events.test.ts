import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemoryEventBus } from "../guild/event-feed.ts";
import { MemoryMembers } from "../identity/members.ts";
import { openEvents, saidEvent, type OpenPage } from "../testing/events.ts";
import { ORIGIN, startHarness, type Harness } from "../testing/harness.ts";

const soon = { timeout: 20_000 };
const members = new MemoryMembers(["alice", "bob", "root"]);
let bus: MemoryEventBus, guild: Harness;
beforeAll(() => void (bus = new MemoryEventBus()));
beforeAll(async () => void (guild = await startHarness({ GUILDNET_ADMINS: "root" }, { events: bus, members })));
beforeEach(() => {
  bus.beginAnew();
  bus.setConnected(true);
});
// What one test's pages read must be at hand no more for those of the next.
afterEach(() => expect.poll(() => guild.portal.services.events.size, soon).toBe(0));
afterAll(() => guild.close());

/** A page that has been told what is kept. */
async function opened(handle: string, options?: Parameters<typeof openEvents>[2]): Promise<OpenPage> {
  const page = await openEvents(guild, await guild.signedIn(handle), options);
  await caughtUp(page);
  return page;
}

const caughtUp = (page: OpenPage) =>
  expect.poll(() => page.received.some(({ event }) => event === "caughtUp"), soon).toBe(true);

const heard = (page: OpenPage) => expect.poll(() => page.texts, soon);

describe("who may read what", () => {
  test("nobody reads who is not signed in", async () => {
    expect(await guild.ask("/api/events")).toMatchObject({
      status: 401,
      body: expect.stringContaining("signed_out"),
    });
  });

  test("everybody reads what is for the guild and for themselves, and admins what is for them", async () => {
    const all = [
      saidEvent("guild"),
      saidEvent("admins", { audience: "admins" }),
      saidEvent("alice's", { audience: "@alice" }),
      saidEvent("bob's", { audience: "@bob" }),
      saidEvent("root's", { audience: "@root" }),
    ];
    for (const event of all) bus.say(event);
    const pages = await Promise.all(["alice", "bob", "root"].map((handle) => opened(handle)));
    for (const event of all) bus.say({ ...event, id: "again" });
    for (const [index, own] of [
      ["guild", "alice's"],
      ["guild", "bob's"],
      ["guild", "admins", "root's"],
    ].entries())
      await heard(pages[index]!).toEqual([...own, ...own]);
    for (const page of pages) page.close();
  });

  test.each([
    "?audience=@bob",
    "?audience=admins",
    "?type=@bob",
    "?source=events.@bob",
    "?type=git&type=@bob",
    "?since=yesterday",
    "?newest=1000000",
  ])("%s is refused, in words", async (query) => {
    const answer = await guild.ask(`/api/events${query}`, { headers: { cookie: await guild.signedIn("alice") } });
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("bad_filter") });
  });

  test("a place in what somebody else reads tells nothing of it", async () => {
    bus.say(saidEvent("bob's", { audience: "@bob" }));
    bus.say(saidEvent("guild"));
    const page = await opened("alice", { lastEventId: "@bob=0,admins=0,guild=0" });
    expect(page.texts).toEqual(["guild"]);
    expect(JSON.stringify(page.received)).not.toContain("bob");
    page.close();
  });

  test("the stream ends as the person signs out, and as they leave the guild", async () => {
    const cookie = await guild.signedIn("alice"),
      page = await openEvents(guild, cookie);
    await guild.ask("/api/sign-out", {
      method: "POST",
      headers: { cookie, origin: ORIGIN, "x-guildnet-request": "1", "content-type": "application/json" },
      body: "{}",
    });
    await page.ended;
    const other = await opened("bob");
    members.replace(["alice", "root"]);
    await other.ended;
    members.replace(["alice", "bob", "root"]);
  });
});

describe("what is told", () => {
  test("past events come in the order in which they were kept, whoever they are for, and then what is said", async () => {
    bus.say(saidEvent("second", { audience: "@alice" }), "2026-11-29T02:00:02Z");
    bus.say(saidEvent("first"), "2026-11-29T02:00:01.9Z");
    bus.say(saidEvent("third"), "2026-11-29T02:00:03Z");
    const page = await opened("alice");
    expect(page.received[0]).toMatchObject({ event: "bus", data: { connected: true } });
    bus.say(saidEvent("now"));
    await heard(page).toEqual(["first", "second", "third", "now"]);
    expect(page.received.at(-1)).toMatchObject({
      id: "guild=3,@alice=1",
      data: { sequence: 3, source: "ws-alice", known: true },
    });
    page.close();
  });

  test("is the newest of what is kept, as many as are wanted", async () => {
    for (let number = 1; number <= 600; number++) bus.say(saidEvent(String(number)));
    for (const [query, first, count] of [
      ["", "401", 200],
      ["?newest=3", "598", 3],
      ["?newest=0", undefined, 0],
      ["?newest=500", "101", 500],
    ] as const) {
      const page = await opened("alice", { query });
      expect([page.texts[0], page.texts.length]).toEqual([first, count]);
      page.close();
    }
  });

  test("is what fits the filter", async () => {
    bus.say(saidEvent("before"), "2026-11-29T01:59:59Z");
    bus.say(saidEvent("bob's", { source: "ws-bob" }));
    bus.say({ ...saidEvent("other"), known: false, why: "newer", type: "agents.said", data: { text: "other" } });
    bus.say(saidEvent("wanted"));
    const page = await opened("alice", {
      query: "?type=agent&source=ws-alice&since=2026-11-29T03:00:00%2B01:00&newest=10",
    });
    expect(page.texts).toEqual(["wanted"]);
    bus.say(saidEvent("bob's", { source: "ws-bob" }));
    bus.say(saidEvent("now"));
    await heard(page).toEqual(["wanted", "now"]);
    expect(page.received.at(-1)?.id).toBe("guild=6");
    page.close();
  });

  test("goes on where a page was", async () => {
    bus.say(saidEvent("1"));
    const before = await opened("alice"),
      lastEventId = before.received.at(-1)?.id;
    before.close();
    bus.say(saidEvent("2"));
    bus.say(saidEvent("first for alice", { audience: "@alice" }));
    const after = await opened("alice", { lastEventId });
    expect(after.texts).toEqual(["2", "first for alice"]);
    expect(after.received.at(-1)).toMatchObject({ event: "caughtUp", data: { missed: 0 } });
    after.close();
  });

  test("says how much was missed that is no longer at hand", async () => {
    bus.say(saidEvent("1"));
    for (let number = 2; number <= 601; number++) bus.say(saidEvent(String(number)));
    const page = await opened("alice", { lastEventId: "guild=1" });
    expect(page.texts).toHaveLength(200);
    expect(page.received.at(-1)).toMatchObject({ event: "caughtUp", data: { missed: 400 } });
    page.close();
  });

  test("begins anew where the bus came back with less than the page has read", async () => {
    bus.say(saidEvent("restored"));
    const page = await opened("alice", { lastEventId: "guild=70000" });
    expect(page.texts).toEqual(["restored"]);
    bus.beginAnew();
    bus.say(saidEvent("after"));
    await heard(page).toEqual(["restored", "after"]);
    expect(page.received.at(-1)?.id).toBe("guild=1");
    page.close();
  });

  test.each(["", "nonsense", "guild=-1", "guild=1;", "guild=99999999999999999", "=1", "guild=1,".repeat(50)])(
    "begins from the start for a page whose place is %j",
    async (lastEventId) => {
      bus.say(saidEvent("1"));
      const page = await opened("alice", { lastEventId });
      expect(page.texts).toEqual(["1"]);
      page.close();
    },
  );

  test("is not what is very long, but that it is", async () => {
    bus.say({ ...saidEvent("x"), id: "1", known: false, why: "newer", data: "x".repeat(100_000) });
    const page = await opened("alice");
    expect(page.received[1]?.data).toMatchObject({
      known: false,
      why: expect.stringContaining("98 KiB"),
      source: "ws-alice",
      data: null,
    });
    page.close();
  });
});

describe("a bus", () => {
  test("that is away is waited for, and the portal is ready meanwhile", async () => {
    bus.say(saidEvent("1"));
    bus.setConnected(false);
    const page = await openEvents(guild, await guild.signedIn("alice"));
    await expect.poll(() => page.received, soon).toMatchObject([{ event: "bus", data: { connected: false } }]);
    const { port } = guild.portal.healthAddress;
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    bus.setConnected(true);
    await caughtUp(page);
    bus.setConnected(false);
    bus.setConnected(true);
    await expect
      .poll(() => page.received.flatMap(({ event, data }) => (event === "bus" ? [data] : [])), soon)
      .toEqual([false, true, false, true].map((connected) => ({ connected })));
    expect(page.texts).toEqual(["1"]);
    page.close();
  });

  test("that the guild does not have is told of", async () => {
    const without = await startHarness();
    const headers = { cookie: await without.signedIn("alice") };
    expect((await without.ask("/api/me", { headers })).json()).toMatchObject({ events: false });
    expect(await without.ask("/api/events", { headers })).toMatchObject({
      status: 404,
      body: expect.stringContaining("no event bus"),
    });
    await without.close();
    const cookie = await guild.signedIn("alice");
    expect((await guild.ask("/api/me", { headers: { cookie } })).json()).toMatchObject({ events: true });
  });

  test("is followed once for all who read, and not when nobody does", async () => {
    const pages = await Promise.all(["alice", "alice", "bob", "root"].map((handle) => opened(handle)));
    expect([bus.followed("guild"), bus.followed("@alice"), bus.followed("admins")]).toEqual([1, 1, 1]);
    pages[0]?.close();
    bus.say(saidEvent("still", { audience: "@alice" }));
    await heard(pages[1]!).toEqual(["still"]);
    for (const page of pages) page.close();
    await expect
      .poll(() => [bus.followed("guild"), bus.followed("@alice"), guild.portal.services.events.size], soon)
      .toEqual([0, 0, 0]);
  });

  test("that says more than a page reads cuts that page off, and no other", async () => {
    const stream = await guild.open("/api/events", { headers: { cookie: await guild.signedIn("bob") } });
    stream.pause();
    const cutOff = expect(once(stream, "end")).rejects.toThrow("aborted");
    const other = await opened("alice"),
      text = "x".repeat(20_000);
    let said = 0;
    // The kernel's buffers take megabytes before anything has to wait.
    while (guild.portal.services.leases.size > 1 && said < 5000) {
      for (const end = said + 25; said < end; said++) bus.say(saidEvent(text));
      await heard(other).toHaveLength(said);
    }
    expect(guild.portal.services.leases.size).toBe(1);
    stream.resume();
    await cutOff;
    other.close();
  });
});
