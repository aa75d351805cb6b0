import { expect, test } from "vitest";
import { requestHeaders } from "./headers.ts";

const forwarded = { host: "shop.apps.guild.test", remoteAddress: "192.0.2.7", requestId: "r1" };
const names = (...incoming: string[]): string[] =>
  requestHeaders(
    incoming.flatMap((name) => [name, "9.9.9.9"]),
    forwarded,
  ).filter((_part, index) => index % 2 === 0);

const OWN = ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id"];

test.each([
  "X-Forwarded-For",
  "x-forwarded-port",
  "X-Forwarded",
  "Forwarded",
  "Via",
  "X-Real-IP",
  "True-Client-IP",
  "CF-Connecting-IP",
  "CF-Visitor",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "X-ProxyUser-Ip",
  "Fastly-Client-IP",
  "Fly-Client-IP",
  "X-Azure-ClientIP",
  "X-Envoy-External-Address",
  "WL-Proxy-Client-IP",
  "X-Host",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Method-Override",
  "X-HTTP-Method-Override",
  "Remote-User",
  "X-Remote-User",
  "X-Forwarded-User",
  "X-WebAuth-User",
  "X-Auth-Request-Email",
  "Tailscale-User-Login",
  "X-GuildNet-Identity",
  "X-SSL-Client-Cert",
  "Proxy",
])("%s is invented, whoever says it", (name) => expect(names(name)).toEqual(OWN));

test.each(["X_Forwarded_For", "x_forwarded-for", "REMOTE_USER", "Content_Length", "_"])(
  "%s, of which servers would make another header, is dropped",
  (name) => expect(names(name)).toEqual(OWN),
);

test.each([
  "X-Api-Key",
  "Range",
  "Origin",
  "Sec-WebSocket-Key",
  "X-Requested-With",
  "X-CSRF-Token",
  "Authorization",
  "X-User-Agent",
  "X-Hostname",
])("%s is the app's own affair", (name) => {
  expect(names(name)).toEqual(["host", name, ...OWN.slice(1)]);
});

test("what else a client says arrives as it was said: order, case, and what comes twice", () => {
  expect(
    requestHeaders(
      ["B", "2", "a", "1", "B", "3", "Host", "x", "Cookie", "p=1", "cookie", "__Host-guildnet=secret; q=2"],
      forwarded,
    ),
  ).toEqual([
    "host",
    forwarded.host,
    "B",
    "2",
    "a",
    "1",
    "B",
    "3",
    "cookie",
    "p=1; q=2",
    "x-forwarded-for",
    "192.0.2.7",
    "x-forwarded-host",
    forwarded.host,
    "x-forwarded-proto",
    "https",
    "x-request-id",
    "r1",
  ]);
});
