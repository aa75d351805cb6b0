import { describe, expect, test } from "vitest";
import { GuildError } from "../kube/errors.ts";
import { policyMistakes, policyText } from "./policy-checks.ts";
import { guildPolicy } from "./policy.ts";
import type { MeshPolicy } from "./policy.ts";

const config = {
  people: ["ada", "bob"],
  destinations: [
    { name: "portal", address: "10.96.3.4", ports: [443] },
    { name: "names", address: "10.96.3.5", ports: [53] },
  ],
  routes: ["10.96.0.0/16", "10.244.0.0/16"],
};

describe("the guild's policy", () => {
  test("lets clients reach the destinations and nothing else, and refuses whoever is no client", () => {
    expect(guildPolicy(config).acls).toEqual([
      { action: "accept", src: ["tag:client"], dst: ["portal:443", "names:53"] },
      { action: "accept", src: ["ada@"], dst: ["ada@:*"] },
      { action: "accept", src: ["bob@"], dst: ["bob@:*"] },
    ]);
    expect(guildPolicy(config).hosts).toEqual({ portal: "10.96.3.4/32", names: "10.96.3.5/32" });
  });

  test("lets a person's devices reach each other where people are known to the mesh alone", () => {
    expect(guildPolicy({ ...config, people: [] }).acls).toContainEqual({
      action: "accept",
      src: ["autogroup:member"],
      dst: ["autogroup:self:*"],
    });
  });

  test("approves the routes of routers alone, and lets nobody become one", () => {
    const { autoApprovers, tagOwners } = guildPolicy(config);
    expect(autoApprovers.routes).toEqual({ "10.96.0.0/16": ["tag:router"], "10.244.0.0/16": ["tag:router"] });
    expect(tagOwners).toEqual({ "tag:client": ["group:people"], "tag:router": [] });
  });

  test("opens whole networks only where asked", () => {
    expect(guildPolicy({ ...config, openNetworks: ["10.96.0.0/16"] }).acls[0]?.dst).toContain("10.96.0.0/16:*");
  });

  test("has no rule without a destination", () => {
    expect(guildPolicy({ people: [], destinations: [], routes: [] }).acls).toHaveLength(1);
  });

  test("is one the checks let through", () => {
    expect(policyMistakes(guildPolicy({ ...config, openNetworks: config.routes }))).toEqual([]);
    expect(JSON.parse(policyText(guildPolicy(config)))).toEqual(guildPolicy(config));
  });
});

const right: MeshPolicy = {
  groups: { "group:people": ["ada@", "bob@example.org"] },
  hosts: { portal: "10.96.3.4", lab: "fd00::/8" },
  tagOwners: { "tag:client": ["group:people", "ada@"], "tag:router": [] },
  acls: [
    {
      action: "accept",
      src: ["*", "tag:client", "group:people", "ada@", "autogroup:member", "10.0.0.0/8", "fd7a::1"],
      dst: ["portal:443", "tag:router:53,8000-8010", "10.0.0.0/24:*", "fd7a::1:*", "autogroup:self:*"],
    },
  ],
  autoApprovers: { routes: { "10.96.0.0/16": ["tag:router"], "fd00::/8": ["group:people"] } },
};

describe("the checks", () => {
  test("find nothing in a policy of every kind of name", () => {
    expect(policyMistakes(right)).toEqual([]);
  });

  const rule = (src: string, dst: string): Partial<MeshPolicy> => ({
    acls: [...right.acls, { action: "accept", src: [src], dst: [dst] }],
  });
  test.each<[string, Partial<MeshPolicy>, string]>([
    ["an unknown tag as a source", rule("tag:robot", "portal:443"), "acls[1].src[0]"],
    ["an unknown tag as a destination", rule("*", "tag:robot:443"), "acls[1].dst[0]"],
    ["an unknown group", rule("group:admins", "portal:443"), "acls[1].src[0]"],
    ["an unknown host", rule("*", "printer:631"), "acls[1].dst[0]"],
    ["a source that is only for destinations", rule("autogroup:self", "portal:443"), "acls[1].src[0]"],
    ["an unknown autogroup", rule("autogroup:admin", "portal:443"), "acls[1].src[0]"],
    ["a destination without ports", rule("*", "portal"), "acls[1].dst[0]"],
    ["a port beyond the last", rule("*", "portal:70000"), "acls[1].dst[0]"],
    ["ports from high to low", rule("*", "portal:90-80"), "acls[1].dst[0]"],
    ["a network with host bits", rule("10.0.0.1/8", "portal:443"), "acls[1].src[0]"],
    ["an address that is none", rule("*", "10.0.0.300:443"), "acls[1].dst[0]"],
    [
      "a route that is no network",
      { autoApprovers: { routes: { "10.96.0.0": [] } } },
      'autoApprovers.routes["10.96.0.0"]',
    ],
    [
      "a route with host bits",
      { autoApprovers: { routes: { "10.96.0.1/16": [] } } },
      'autoApprovers.routes["10.96.0.1/16"]',
    ],
    [
      "a route approved for an unknown tag",
      { autoApprovers: { routes: { "10.96.0.0/16": ["tag:robot"] } } },
      'autoApprovers.routes["10.96.0.0/16"][0]',
    ],
    ["a group without its prefix", { groups: { ...right.groups, people: [] } }, 'groups["people"]'],
    ["a member who is no user", { groups: { "group:people": ["ada"] } }, 'groups["group:people"][0]'],
    [
      "a tag of an unknown group",
      { tagOwners: { ...right.tagOwners, "tag:x": ["group:admins"] } },
      'tagOwners["tag:x"][0]',
    ],
    ["a tag without its prefix", { tagOwners: { ...right.tagOwners, robot: [] } }, 'tagOwners["robot"]'],
    ["a host that is no address", { hosts: { ...right.hosts, x: "10.0.0" } }, 'hosts["x"]'],
  ])("name the key of %s", (_, wrong, key) => {
    expect(policyMistakes({ ...right, ...wrong }).map((mistake) => mistake.key)).toEqual([key]);
  });

  test("refuse with every mistake at once", () => {
    const wrong = { ...right, ...rule("tag:robot", "printer:631") };
    expect(() => policyText(wrong)).toThrow(GuildError);
    expect(() => policyText(wrong)).toThrow(
      /acls\[1\]\.src\[0\] is "tag:robot", allowed is a tag of the policy: tag:client, tag:router; acls\[1\]\.dst\[0\] is "printer:631"/,
    );
  });
});
