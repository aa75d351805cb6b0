import { expect, test } from "vitest";
import { setCookieFromWorkspace } from "./cookies.ts";

const host = "web--ada.apps.guild.test:8090";

test.each([
  "a=1", "a=1; Path=/; Secure", "a=1; Domain=web--ada.apps.guild.test", "a=1; domain=.Web--Ada.apps.guild.test; Path=/", "a=Domain=guild.test", "Domain=guild.test",
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

test.each(["__Host-guildnet=x", " __HOST-guildnet-app=x; Path=/", "=__Host-guildnet=x", "code-server-session=x", "__host-guildnet-anything=1"])("%s is not a workspace's to set", (line) => {
  expect(setCookieFromWorkspace(line, host)).toBeUndefined();
});
