import { expect, test } from "vitest";
import { parseGuild } from "../check/parse.ts";
import { formerOf } from "./former.ts";

const portalUrl = "https://guild.example.org:8090";
const nothing = { kubeconfig: false };

test.each([
  ["never ran", {}, undefined],
  ["is older than the domain beside the portal", { portalUrl }, "apps.guild.example.org"],
  [
    "has kept the domain below the portal since",
    { portalUrl, appsDomain: "apps.guild.example.org" },
    "apps.guild.example.org",
  ],
  ["has the domain beside the portal", { portalUrl, appsDomain: "guild-apps.example.org" }, undefined],
  ["had one of its own, and the key is gone", { portalUrl, appsDomain: "ws.example.net" }, undefined],
])("a stack that %s is where its people know it", (_, outputs, appsDomain) => {
  expect(parseGuild({ portal: { host: "guild.example.org" } }, nothing, formerOf(outputs)).portal.appsDomain).toBe(
    appsDomain,
  );
});

test("a domain that is written down is the one, whatever was before", () => {
  expect(
    parseGuild({ portal: { appsDomain: "ws.example.org" } }, nothing, { appsBelowPortal: true }).portal.appsDomain,
  ).toBe("ws.example.org");
});

test("a portal that moves takes the domain below it along", () => {
  expect(parseGuild({ portal: { host: "new.example.org" } }, nothing, formerOf({ portalUrl })).portal.appsDomain).toBe(
    "apps.new.example.org",
  );
});

test.each([
  ["of its own", { kind: "headscale", loginServer: "https://headscale.example.org:8092" }, true],
  ["that was there already", { kind: "existing", loginServer: "https://headscale.example.org:8092" }, false],
  ["of before its kind was told", { loginServer: "https://headscale.example.org:8092" }, false],
  ["at all", null, false],
])("a mesh %s has devices that ask where it was, or none that are known", (_, mesh, known) => {
  expect(formerOf({ portalUrl, mesh }).loginServer).toBe(known ? "https://headscale.example.org:8092" : undefined);
});
