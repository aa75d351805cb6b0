import { describe, expect, test } from "vitest";
import { certificateAuthority } from "../../../provider/resources/certificates.ts";
import { guildSchema } from "../../schema.ts";
import { systems } from "../../systems.ts";
import { authorityNames } from "./layer.ts";

const names = (raw: object) => {
  const config = guildSchema.parse(raw);
  return authorityNames(config, systems.wants(config));
};
const inside = [
  "nats.guildnet-events.svc",
  "notes.guildnet-notes.svc",
  "tools.guildnet-portal.svc",
  "registry.guildnet-registry.svc",
  "seed.guildnet-radicle.svc",
  "gateway.guildnet-models.svc",
  "backup-server.guildnet-backup.svc",
];

describe("what the guild's authority may sign for", () => {
  test.each<[string, object, string[], string[]]>([
    ["by default", {}, ["guildnet.localhost", "guildnet-apps.localhost"], ["10.96.0.11"]],
    [
      "with a domain for apps below the portal's host",
      { portal: { appsDomain: "apps.guildnet.localhost" } },
      ["guildnet.localhost"],
      ["10.96.0.11"],
    ],
    [
      "with a domain of its own for apps",
      { portal: { host: "guild.example.org", appsDomain: "guild-apps.example.net" } },
      ["guild.example.org", "guild-apps.example.net"],
      ["10.96.0.11"],
    ],
  ])("%s", (_name, config, dnsNames, ipAddresses) => {
    expect(names(config)).toEqual({ dnsNames: [...dnsNames, ...inside], ipAddresses });
  });

  test("with a mesh of its own: the portal's names there, and the server's, and its address", () => {
    expect(
      names({
        mesh: { kind: "headscale", address: "192.168.1.20", domain: "lab.internal", hostname: "mesh.example.org" },
      }),
    ).toEqual({
      dnsNames: [
        "guildnet.localhost",
        "guildnet-apps.localhost",
        ...inside,
        "portal.mesh.lab.internal",
        "apps.lab.internal",
        "mesh.example.org",
      ],
      ipAddresses: ["10.96.0.11", "192.168.1.20"],
    });
  });

  test("on a cluster of which no network is known: no address", () => {
    expect(names({ cluster: { kind: "existing", kubeconfigPath: "k" } }).ipAddresses).toEqual([]);
  });

  test("is what the provider takes", () => {
    for (const config of [{}, { mesh: { kind: "headscale" } }])
      expect(certificateAuthority.check({ commonName: "x", validityDays: 1, permitted: { ...names(config) } })).toEqual(
        [],
      );
  });
});
