import { expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const GOOD = { GUILDNET_ORIGIN: "https://guildnet.localhost:8090", GUILDNET_APPS_DOMAIN: "apps.guildnet.localhost" };

test("two variables are enough; what is left out listens on loopback", () => {
  expect(readConfig({ ...GOOD, PATH: "/bin" })).toMatchObject({
    sites: [{ origin: "https://guildnet.localhost:8090", appsDomain: "apps.guildnet.localhost" }],
    guildName: "GuildNet",
    admins: new Set(),
    listen: { host: "127.0.0.1", port: 8443 },
    healthListen: { host: "127.0.0.1", port: 8081 },
    tlsDirectory: "/etc/guildnet/tls",
    keysDirectory: "/etc/guildnet/keys",
    clusterDomain: "cluster.local",
    logLevel: "info",
  });
});

test("health listens where the portal does, unless told otherwise", () => {
  expect(readConfig(GOOD).announcedListen).toBeUndefined();
  expect(readConfig({ ...GOOD, GUILDNET_ANNOUNCED_LISTEN: "0.0.0.0:8444" }).announcedListen).toEqual({
    host: "0.0.0.0",
    port: 8444,
  });
  expect(readConfig({ ...GOOD, GUILDNET_LISTEN: "0.0.0.0:8443" }).healthListen).toEqual({
    host: "0.0.0.0",
    port: 8081,
  });
  expect(readConfig({ ...GOOD, GUILDNET_LISTEN: "[::]:1", GUILDNET_HEALTH_LISTEN: "[::1]:2" })).toMatchObject({
    listen: { host: "::", port: 1 },
    healthListen: { host: "::1", port: 2 },
  });
});

test("letter case, spaces and a closing slash do not matter", () => {
  const config = readConfig({
    GUILDNET_ORIGIN: "https://Guild.Example/",
    GUILDNET_APPS_DOMAIN: "Apps.Guild.Example",
    GUILDNET_ADMINS: " ada, ,grace ",
  });
  expect(config).toMatchObject({
    sites: [{ origin: "https://guild.example", appsDomain: "apps.guild.example" }],
    admins: new Set(["ada", "grace"]),
  });
});

test("a mesh adds a site", () => {
  const { sites } = readConfig({
    ...GOOD,
    GUILDNET_MESH_ORIGIN: "https://portal.mesh.internal",
    GUILDNET_MESH_APPS_DOMAIN: "apps.internal",
  });
  expect(sites.slice(1)).toEqual([{ origin: "https://portal.mesh.internal", appsDomain: "apps.internal" }]);
});

test.each<[string, Record<string, string | undefined>, RegExp]>([
  [
    "half a site of a mesh",
    { GUILDNET_MESH_ORIGIN: "https://portal.mesh.internal" },
    /^GUILDNET_MESH_APPS_DOMAIN is not set.*go together/,
  ],
  ["the other half", { GUILDNET_MESH_APPS_DOMAIN: "apps.internal" }, /^GUILDNET_MESH_ORIGIN is not set.*go together/],
  [
    "workspaces of a mesh on the portal's own host there",
    { GUILDNET_MESH_ORIGIN: "https://a.internal", GUILDNET_MESH_APPS_DOMAIN: "internal" },
    /GUILDNET_MESH_APPS_DOMAIN="internal".*must never share/,
  ],
  [
    "workspaces of a mesh on the portal's own host here",
    { GUILDNET_MESH_ORIGIN: "https://a.test", GUILDNET_MESH_APPS_DOMAIN: "guildnet.localhost" },
    /GUILDNET_MESH_APPS_DOMAIN=.*must never share/,
  ],
  ["no origin", { GUILDNET_ORIGIN: undefined }, /^GUILDNET_ORIGIN is not set: needs an https origin/],
  [
    "an origin without TLS",
    { GUILDNET_ORIGIN: "http://guildnet.localhost" },
    /^GUILDNET_ORIGIN="http:.*must be an https origin/,
  ],
  ["an origin with a path", { GUILDNET_ORIGIN: "https://a.test/x" }, /must be an https origin without a path/],
  ["an origin with a password", { GUILDNET_ORIGIN: "https://u:p@a.test" }, /must be an https origin/],
  ["an apps domain that is an address with a port", { GUILDNET_APPS_DOMAIN: "apps.test:1" }, /must be a DNS name/],
  ["workspaces on the portal's own host", { GUILDNET_APPS_DOMAIN: "guildnet.localhost" }, /must never share an origin/],
  ["the portal below the apps domain", { GUILDNET_APPS_DOMAIN: "localhost" }, /must never share an origin/],
  ["an admin that is no handle", { GUILDNET_ADMINS: "ada,Mr. X" }, /not a handle: Mr\. X/],
  ["a port out of range", { GUILDNET_LISTEN: "0.0.0.0:70000" }, /must be address:port/],
  ["an unknown log level", { GUILDNET_LOG_LEVEL: "loud" }, /^GUILDNET_LOG_LEVEL="loud"/],
])("%s is told by name, value and what is allowed", (_name, env, message) => {
  expect(() => readConfig({ ...GOOD, ...env })).toThrow(ConfigError);
  expect(() => readConfig({ ...GOOD, ...env })).toThrow(message);
});

test("all mistakes are told at once", () => {
  expect(() => readConfig({ GUILDNET_LISTEN: "x" })).toThrow(
    /GUILDNET_ORIGIN[^]*GUILDNET_APPS_DOMAIN[^]*GUILDNET_LISTEN/,
  );
});
