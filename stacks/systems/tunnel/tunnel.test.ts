import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { record } from "../../../components/testing/record.ts";
import type { Registered } from "../../../components/testing/record.ts";
import { ConfigError } from "../../check/mistakes.ts";
import { parseGuild } from "../../check/parse.ts";
import { guild } from "../../guild.ts";
import type { GuildOutputs } from "../../guild.ts";
import { endOf, publishedOf } from "./published.ts";
import { tunnelNotes } from "./layer.ts";

const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const image = "example.org/app:1";
const people = {
  images,
  workspaces: [{ owner: "ada", ports: [{ name: "web", port: 3000 }] }],
  apps: [
    { name: "hello", owner: "ada", image, port: 8080, visibility: "public", ports: [{ name: "admin", port: 9000 }] },
    { name: "notes", owner: "ada", image, port: 8080, visibility: "members" },
    { name: "diary", owner: "ada", image, port: 8080 },
  ],
};
const hello = { app: "hello", host: "hello.example.org" };
const publishing = (...publish: object[]): object => ({
  ...people,
  tunnel: { kind: "frp", server: "tunnel.example.org", publish },
});

const parsed = (raw: object) => parseGuild(raw, { tunnelToken: true });

function mistakes(raw: object): readonly { key: string; allowed: string; fix: string }[] {
  try {
    parsed(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

async function made(raw: object): Promise<{ all: Registered[]; outputs: GuildOutputs | undefined }> {
  let outputs: GuildOutputs | undefined;
  const all = await record(
    () => void (outputs = guild(parsed(raw), undefined, { tunnelToken: pulumi.secret("TOKEN") })),
  );
  return { all, outputs };
}

describe("what is published", () => {
  test("may be an app, another port of it, and a port of a workspace", () => {
    const all = publishedOf(
      parsed(
        publishing(
          hello,
          { app: "hello", port: "admin", host: "admin.example.org" },
          { workspace: "ada", port: "web", host: "web.example.org", evenThoughPrivate: true, until: "2026-12-24" },
        ),
      ),
      Date.UTC(2026, 10, 29),
    );
    expect(all).toMatchObject([
      { host: "hello.example.org", label: "hello", what: "app hello", owner: "ada", isOver: false },
      { host: "admin.example.org", label: "admin--hello", what: "port admin of app hello" },
      {
        host: "web.example.org",
        label: "web--ada",
        what: "port web of the workspace ada",
        until: "2026-12-25T00:00:00.000Z",
      },
    ]);
  });

  test("stays open to the end of its last day, or to a moment", () => {
    expect(new Date(endOf("2026-12-24")).toISOString()).toBe("2026-12-25T00:00:00.000Z");
    expect(new Date(endOf("2026-12-24T18:00:00+01:00")).toISOString()).toBe("2026-12-24T17:00:00.000Z");
    const on = (day: number, hour: number) =>
      publishedOf(parsed(publishing({ ...hello, until: "2026-12-24" })), Date.UTC(2026, 11, day, hour))[0]?.isOver;
    expect([on(24, 0), on(24, 23), on(25, 0)]).toEqual([false, false, true]);
  });

  test.each([
    ["2026-12-24 00:00:00 +0000 UTC", "2026-12-25T00:00:00.000Z"],
    ["2026-12-24 18:30:00 +0000 UTC", "2026-12-24T18:30:00.000Z"],
    ["2026-12-24 00:00:00 +0100 +0100", "2026-12-23T23:00:00.000Z"],
    ["2026-12-24 18:00:00.5 -0330 -0330", "2026-12-24T21:30:00.000Z"],
  ])("has its end without quotes, of which the engine makes %s", (until, end) => {
    expect(publishedOf(parsed(publishing({ ...hello, until })))[0]?.until).toBe(end);
  });

  test.each([
    ["nothing", {}, "tunnel.publish[0]", /one of the two/],
    ["an app and a workspace", { app: "hello", workspace: "ada" }, "tunnel.publish[0]", /one of the two/],
    ["an app that is not there", { app: "helo" }, "tunnel.publish[0].app", /did you mean "hello"/],
    ["a workspace that is not there", { workspace: "bob", port: "web" }, "tunnel.publish[0].workspace", /./],
    ["a workspace's IDE", { workspace: "ada", evenThoughPrivate: true }, "tunnel.publish[0].port", /IDE is never/],
    ["the IDE by its name", { workspace: "ada", port: "ide", evenThoughPrivate: true }, "tunnel.publish[0].port", /./],
    ["a port that is not there", { app: "hello", port: "admn" }, "tunnel.publish[0].port", /did you mean "admin"/],
    ["an app that is private", { app: "diary" }, "tunnel.publish[0].evenThoughPrivate", /make the app public/],
    ["an app for members", { app: "notes" }, "tunnel.publish[0].evenThoughPrivate", /write true/],
    ["a port of a workspace", { workspace: "ada", port: "web" }, "tunnel.publish[0].evenThoughPrivate", /write true/],
    ["by somebody who isn't there", { app: "hello", owner: "adaa" }, "tunnel.publish[0].owner", /did you mean "ada"/],
    ["until no day", { app: "hello", until: "soon" }, "tunnel.publish[0].until", /remove the key/],
    ["until a day that no month has", { app: "hello", until: "2026-02-30" }, "tunnel.publish[0].until", /./],
    ["until a number", { app: "hello", until: 2026 }, "tunnel.publish[0].until", /./],
    ["at a port by its number", { app: "hello", port: "8080" }, "tunnel.publish[0].port", /./],
  ])("is not %s", (_what, entry, key, fix) => {
    const found = mistakes(publishing({ host: "hello.example.org", ...entry }));
    expect(found.map((mistake) => mistake.key)).toEqual([key]);
    expect(found[0]?.fix).toMatch(fix);
  });

  test.each([
    "guildnet.localhost",
    "a.guildnet.localhost",
    "guildnet-apps.localhost",
    "hello.guildnet-apps.localhost",
    "headscale.guildnet.localhost",
    "portal.mesh.guildnet.internal",
    "hello.apps.guildnet.internal",
  ])("is not under the guild's own name %s", (host) => {
    const found = mistakes({ ...publishing({ app: "hello", host }), mesh: { kind: "headscale" } });
    expect(found.map(({ key }) => key)).toEqual(["tunnel.publish[0].host"]);
  });

  test.each(["*.example.org", "hello.example.org:443", "Hello.example.org", "https://hello.example.org", "192.0.2.1"])(
    "is not under %s, which is no host name",
    (host) => {
      expect(mistakes(publishing({ app: "hello", host })).map(({ key }) => key)).toEqual(["tunnel.publish[0].host"]);
    },
  );

  test.each(["https://tunnel.example.org", "tunnel", "2001:db8::1", "tunnel.example.org:7000"])(
    "goes through no server called %s",
    (server) => {
      const [mistake] = mistakes({ ...people, tunnel: { kind: "frp", server } });
      expect(mistake).toMatchObject({ key: "tunnel.server", allowed: expect.stringContaining("a host name or an") });
    },
  );

  test("has a name each", () => {
    expect(
      mistakes(publishing(hello, { app: "hello", port: "admin", host: hello.host })).map(({ key }) => key),
    ).toEqual(["tunnel.publish[1].host"]);
  });

  test("may be private where that is said", () => {
    expect(mistakes(publishing({ app: "diary", host: "diary.example.org", evenThoughPrivate: true }))).toEqual([]);
  });
});

describe("the guild", () => {
  const parts = (all: Registered[]) =>
    all.filter(({ name }) => name.startsWith("tunnel") || name.startsWith("portal-published")).map(({ name }) => name);

  test("opens nothing to the internet by itself", async () => {
    const { all, outputs } = await made(people);
    expect(parts(all)).toEqual([]);
    expect(JSON.stringify(all)).not.toContain("PUBLISHED");
    expect(outputs?.tunnel).toBeNull();
    expect(parts((await made(publishing())).all)).toEqual([]);
  });

  test("tells the portal what is open, and the tunnel no more than its name", async () => {
    const { all, outputs } = await made(publishing({ ...hello, until: "2999-12-24" }));
    const named = (name: string) => (all.find((one) => one.name === name) ?? expect.fail(`no ${name}`)).inputs;
    expect(JSON.parse((named("portal-published-list")["data"] as { publications: string }).publications)).toEqual([
      { host: "hello.example.org", label: "hello", until: "2999-12-25T00:00:00.000Z", evenThoughPrivate: false },
    ]);
    expect(named("portal-published-authority")["permitted"]).toEqual({
      dnsNames: ["hello.example.org"],
      ipAddresses: [],
    });
    expect((named("tunnel-settings")["data"] as Record<string, string>)["frpc.json"]).toContain(
      '"customDomains":["hello.example.org"]',
    );
    expect(outputs?.tunnel?.published).toEqual([
      { what: "app hello", owner: "ada", url: "https://hello.example.org/", until: "2999-12-25T00:00:00.000Z" },
    ]);
  });

  test("takes away what is over, says so, and goes on", async () => {
    const raw = publishing(hello, { app: "hello", port: "admin", host: "admin.example.org", until: "2020-12-24" });
    const { all } = await made(raw);
    expect(JSON.stringify(all)).not.toContain("admin.example.org");
    expect(parts((await made(publishing({ ...hello, until: "2020-12-24" }))).all)).toEqual([]);
    expect(tunnelNotes(parsed(raw))).toEqual([
      "Everybody on the internet can open app hello, of ada, at https://hello.example.org/.",
      expect.stringContaining("admin.example.org is closed"),
      expect.stringContaining("Browsers don't know"),
    ]);
  });

  test("keeps its authority as it is, whatever is published", async () => {
    const permitted = async (raw: object) =>
      (await made(raw)).all.find(({ name }) => name === "authority")?.inputs["permitted"];
    expect(await permitted(publishing(hello))).toEqual(await permitted(people));
  });
});
