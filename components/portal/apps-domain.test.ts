import { describe, expect, test } from "vitest";
import { appsDomainBeside } from "./apps-domain.ts";

describe("the workspaces' domain", () => {
  test.each([
    ["guildnet.localhost", "guildnet-apps.localhost"],
    ["guild.example.org", "guild-apps.example.org"],
    ["portal.guild.co.uk", "portal-apps.guild.co.uk"],
    ["guild.internal", "guild-apps.internal"],
    ["guild", "guild-apps"],
  ])("of a portal at %s is beside it, where no page sets cookies for the portal", (host, domain) => {
    expect(appsDomainBeside(host)).toBe(domain);
    expect(`.${domain}`.endsWith(`.${host}`)).toBe(false);
  });

  test.each([
    "example.org",
    "guild.co.uk",
    "guild.duckdns.org",
    "Guild.DuckDNS.org",
    "duckdns.org",
    `${"g".repeat(60)}.example.org`,
  ])("of a portal at %s is below it, as the name beside it may be somebody else's, or is none", (host) => {
    expect(appsDomainBeside(host)).toBe(`apps.${host}`);
  });
});
