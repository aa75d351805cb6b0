import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PortalError } from "../entrance/errors.ts";
import { cookiesOf, ORIGIN, signInWith, startHarness, type Harness } from "../testing/harness.ts";
import { MemoryMembers } from "./members.ts";
import { MemorySignOuts } from "./sign-outs.ts";

let guild: Harness;
beforeAll(async () => void (guild = await startHarness({ GUILDNET_ADMINS: "root" })));
afterAll(() => guild.close());

test("a link signs in, with a cookie that is bound to this host and out of reach of scripts", async () => {
  const answer = await guild.ask("/api/sign-in", signInWith(await guild.link("alice")));
  expect(answer.status).toBe(200);
  const cookie = answer.headers["set-cookie"]?.[0] ?? "";
  expect(cookie).toMatch(/^__Host-guildnet=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const me = await guild.ask("/api/me", { headers: { cookie: cookiesOf(answer) } });
  expect(me.json()).toMatchObject({ handle: "alice", admin: false, guild: "GuildNet" });
});

test("a link works once", async () => {
  const token = await guild.link("alice");
  expect((await guild.ask("/api/sign-in", signInWith(token))).status).toBe(200);
  const again = await guild.ask("/api/sign-in", signInWith(token));
  expect(again.status).toBe(401);
  expect(again.json()).toMatchObject({ code: "link_used" });
  expect(again.headers["set-cookie"]).toBeUndefined();
});

test("of many at once, one gets in", async () => {
  const token = await guild.link("alice");
  const answers = await Promise.all(Array.from({ length: 20 }, () => guild.ask("/api/sign-in", signInWith(token))));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("fetching a link, as a preview does, uses nothing up", async () => {
  const token = await guild.link("alice");
  const seen = await guild.ask(`/sign-in?token=${token}`);
  expect(seen.body).toContain("portal page");
  expect(seen.headers["set-cookie"]).toBeUndefined();
  expect(seen.headers["referrer-policy"]).toBe("no-referrer");
  expect(seen.headers["cache-control"]).toBe("no-store");
  expect((await guild.ask("/api/sign-in", signInWith(token))).status).toBe(200);
});

test.each([
  ["an expired link", { iat: -600, exp: -1 }, "link_expired"],
  ["a link that would last for longer than 15 minutes", { iat: 0, exp: 901 }, "link_invalid"],
  ["a link from before the portal's start", { iat: -300, exp: 300 }, "link_too_old"],
  ["a link from the future", { iat: 300, exp: 600 }, "link_invalid"],
])("%s is refused", async (_name, { iat, exp }, code) => {
  const token = await guild.link("alice", { iat: guild.now() + iat, exp: guild.now() + exp });
  expect((await guild.ask("/api/sign-in", signInWith(token))).json()).toMatchObject({ code });
});

test.each<[string, Record<string, unknown>]>([
  ["another audience", { aud: "guildnet-portal" }],
  ["no id", { jti: undefined }],
  ["no end", { exp: undefined }],
  ["a handle that is none", { sub: "../root" }],
])("a link with %s is refused", async (_name, claims) => {
  const answer = await guild.ask("/api/sign-in", signInWith(await guild.link("alice", claims)));
  expect(answer.json()).toMatchObject({ code: "link_invalid" });
});

test("a link signed with another key, or not signed, is refused", async () => {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${(await guild.link("alice")).split(".")[1]}.`;
  for (const token of [await guild.link("alice", {}, randomBytes(32)), unsigned, "x"]) {
    expect((await guild.ask("/api/sign-in", signInWith(token))).json()).toMatchObject({ code: "link_invalid" });
  }
});

const look = (token: string, headers: Record<string, string> = {}) =>
  guild.ask("/api/link", { ...signInWith(token), headers: { ...signInWith(token).headers, ...headers } });

test("looking at a link tells whom it signs in, and uses nothing up", async () => {
  const token = await guild.link("alice");
  expect((await look(token)).json()).toEqual({ guild: "GuildNet", handle: "alice" });
  expect((await look(token, { cookie: await guild.signedIn("bob") })).json()).toEqual({
    guild: "GuildNet",
    handle: "alice",
    signed_in: "bob",
  });
  expect((await guild.ask("/api/sign-in", signInWith(token))).status).toBe(200);
  expect((await look(token, { "x-guildnet-request": "" })).json()).toMatchObject({ code: "intent_missing" });
});

test("a used link signs nobody out of what they have, and says who they are", async () => {
  const token = await guild.link("alice"),
    bob = await guild.signedIn("bob");
  await guild.ask("/api/sign-in", signInWith(token));
  expect((await look(token)).json()).toMatchObject({ code: "link_used", details: { ask: ["root"] } });
  expect((await look(token, { cookie: bob })).json()).toMatchObject({
    code: "link_used",
    details: { signed_in: "bob" },
  });
  expect((await guild.ask("/api/me", { headers: { cookie: bob } })).status).toBe(200);
});

test("a link for someone else asks first, is not used up by asking, and then signs the other out", async () => {
  const alice = await guild.signedIn("alice");
  const token = await guild.link("bob");
  const ask = signInWith(token);
  const asked = await guild.ask("/api/sign-in", { ...ask, headers: { ...ask.headers, cookie: alice } });
  expect(asked.status).toBe(409);
  expect(asked.json()).toMatchObject({ code: "signed_in_as_another", details: { signed_in: "alice", link: "bob" } });
  const confirmed = signInWith(token, { switch: true });
  expect(
    (await guild.ask("/api/sign-in", { ...confirmed, headers: { ...confirmed.headers, cookie: alice } })).json(),
  ).toEqual({ handle: "bob" });
  expect((await guild.ask("/api/me", { headers: { cookie: alice } })).status).toBe(401);
});

test("sign-out ends the session everywhere, copies of the cookie included", async () => {
  const cookie = await guild.signedIn("alice");
  const out = await guild.ask("/api/sign-out", {
    method: "POST",
    headers: { cookie, origin: ORIGIN, "x-guildnet-request": "1" },
  });
  expect(out.status).toBe(204);
  expect(out.headers["set-cookie"]?.[0]).toMatch(/^__Host-guildnet=; Max-Age=0;/);
  expect((await guild.ask("/api/me", { headers: { cookie } })).json()).toMatchObject({ code: "signed_out" });
});

test("sign-out outlives the portal's process, and other sessions do too", async () => {
  const shared = { sessionKey: randomBytes(32), signOuts: new MemorySignOuts() };
  const before = await startHarness({}, shared);
  const [out, stays] = [await before.signedIn("alice"), await before.signedIn("alice")];
  await before.ask("/api/sign-out", {
    method: "POST",
    headers: { cookie: out, origin: ORIGIN, "x-guildnet-request": "1" },
  });
  await before.close();
  const after = await startHarness({}, shared);
  try {
    expect((await after.ask("/api/me", { headers: { cookie: out } })).status).toBe(401);
    expect((await after.ask("/api/me", { headers: { cookie: stays } })).status).toBe(200);
  } finally {
    await after.close();
  }
});

test("who left the guild while no portal ran is out when it starts", async () => {
  const sessionKey = randomBytes(32);
  const before = await startHarness({}, { sessionKey });
  const [left, stays] = [await before.signedIn("alice"), await before.signedIn("bob")];
  await before.close();
  const after = await startHarness({}, { sessionKey, members: new MemoryMembers(["bob"]) });
  try {
    expect((await after.ask("/api/me", { headers: { cookie: left } })).status).toBe(401);
    expect((await after.ask("/api/me", { headers: { cookie: stays } })).status).toBe(200);
  } finally {
    await after.close();
  }
});

test("a clock that was set back is named, instead of new links being called old", async () => {
  const own = await startHarness();
  try {
    own.advance(-3 * 3600);
    const refused = await own.ask("/api/sign-in", signInWith(await own.link("alice")));
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.json()).toMatchObject({ code: "clock_set_back" });
  } finally {
    await own.close();
  }
});

test("a sign-out that cannot be written down counts, is told, and is written with the next", async () => {
  const store = new MemorySignOuts();
  const full = vi
    .spyOn(store, "change")
    .mockRejectedValueOnce(new PortalError(503, "sign_out_not_kept", "not written"));
  const own = await startHarness({}, { signOuts: store });
  try {
    const signOut = (cookie: string) =>
      own.ask("/api/sign-out", { method: "POST", headers: { cookie, origin: ORIGIN, "x-guildnet-request": "1" } });
    const [first, second] = [await own.signedIn("alice"), await own.signedIn("bob")];
    const refused = await signOut(first);
    expect(refused.json()).toMatchObject({ code: "sign_out_not_kept" });
    expect(refused.headers["set-cookie"]?.[0]).toMatch(/^__Host-guildnet=; Max-Age=0;/);
    expect((await own.ask("/api/me", { headers: { cookie: first } })).status).toBe(401);
    expect((await signOut(second)).status).toBe(204);
    expect(full).toHaveBeenCalledTimes(2);
    expect(store.kept.size).toBe(2);
  } finally {
    await own.close();
  }
});

test("a session cookie that comes twice counts as none", async () => {
  const [alice, bob] = [await guild.signedIn("alice"), await guild.signedIn("bob")];
  expect((await guild.ask("/api/me", { headers: { cookie: `${alice}; ${bob}` } })).status).toBe(401);
});

test("a session ends after 12 hours without use, is renewed by use, and ends after 7 days in any case", async () => {
  const own = await startHarness();
  try {
    let cookie = await own.signedIn("alice");
    own.advance(5 * 3600);
    expect((await own.ask("/api/me", { headers: { cookie } })).headers["set-cookie"]).toBeUndefined();
    cookie = await own.signedIn("alice");
    for (let hours = 11; hours < 7 * 24; hours += 11) {
      own.advance(11 * 3600);
      const me = await own.ask("/api/me", { headers: { cookie } });
      expect(me.status).toBe(200);
      cookie = cookiesOf(me) || cookie;
    }
    own.advance(11 * 3600);
    expect((await own.ask("/api/me", { headers: { cookie } })).status).toBe(401);
    const fresh = await own.signedIn("alice");
    own.advance(12 * 3600 + 1);
    expect((await own.ask("/api/me", { headers: { cookie: fresh } })).status).toBe(401);
  } finally {
    await own.close();
  }
});
