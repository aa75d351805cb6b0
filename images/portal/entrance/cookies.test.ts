import { expect, test } from "vitest";
import { cookiesForWorkspace, setCookieFromWorkspace } from "./cookies.ts";

const host = "web--ada.apps.guild.test:8090";

test.each([
  "a=1",
  "a=1; Path=/; Secure",
  "a=1; Domain=web--ada.apps.guild.test",
  "a=1; domain=.Web--Ada.apps.guild.test; Path=/",
  "a=Domain=guild.test",
  "Domain=guild.test",
])("%s passes as it is", (line) => expect(setCookieFromWorkspace(line, host)).toBe(line));

test.each([
  ["a=1; Domain=guild.test; Path=/", "a=1; Path=/"],
  ["a=1;domain = .apps.guild.test", "a=1"],
  ["a=1; DOMAIN=web--ada.apps.guild.test; Domain=guild.test; Secure", "a=1; DOMAIN=web--ada.apps.guild.test; Secure"],
  ["a=1; Domain=ada.apps.guild.test", "a=1"],
  ["a=1; Domain=", "a=1"],
  ["a=1; Domain", "a=1"],
  ["a=1; Domain=test", "a=1"],
])("%s is for this host alone", (line, kept) => expect(setCookieFromWorkspace(line, host)).toBe(kept));

test.each([
  "__Host-guildnet=x",
  " __HOST-guildnet-app=x; Path=/",
  "=__Host-guildnet=x",
  "code-server-session=x",
  "__host-guildnet-anything=1",
])("%s is not a workspace's to set", (line) => {
  expect(setCookieFromWorkspace(line, host)).toBeUndefined();
});

test.each([
  "__Host-guildnet-app=1",
  "\x85__Host-guildnet-app=1",
  "\xa0__HOST-guildnet=1",
  "=__Host-guildnet=1",
  "\x0bcode-server-session=1",
])("%j does not reach a workspace", (cookie) => {
  expect(cookiesForWorkspace(`a=1; ${cookie}`)).toBe("a=1");
});
