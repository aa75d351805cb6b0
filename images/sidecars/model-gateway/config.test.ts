import { expect, test } from "vitest";
import { readGatewayConfig } from "./config.ts";
import { bearerToken } from "./credentials.ts";
import { readSettings } from "./settings.ts";

test("the environment has a default for all of it, and is refused with every mistake", () => {
  expect(readGatewayConfig({})).toMatchObject({ port: 8443, healthPort: 8081, metricsPort: 9090 });
  expect(() => readGatewayConfig({ GUILDNET_GATEWAY_PORT: "x", GUILDNET_LOG_LEVEL: "loud" })).toThrow(
    /GUILDNET_GATEWAY_PORT.*\n.*GUILDNET_LOG_LEVEL/,
  );
});

test("settings are refused with every mistake, and by the name of each", () => {
  const server = { name: "a", url: "ftp://a", dialect: "plain", models: [], more: 1 };
  expect(() =>
    readSettings(JSON.stringify({ servers: [server], limits: { requestsAtOnce: 0 }, limitsOf: {} })),
  ).toThrow(/servers\.0\.url: .*\nservers\.0: .*"more".*\nlimits\.requestsAtOnce: /s);
});

test.each([
  ["Bearer ada.x", "ada.x"],
  ["bearer  ada.x", "ada.x"],
  ["Bearer ", undefined],
  ["Bearer a b", undefined],
  ["Basic YWRhOg==", undefined],
  [undefined, undefined],
])("the token of %s", (header, expected) => expect(bearerToken(header)).toBe(expected));
