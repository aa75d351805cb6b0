import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { serverUrl, settings, settingsFiles, settingsMistakes } from "./headscale-settings.ts";
import type { ResolvedHeadscale } from "./headscale-settings.ts";

const resolved: ResolvedHeadscale = {
  hostname: "headscale.guild.example.org",
  port: 8092,
  baseDomain: "mesh.guildnet.internal",
  prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" },
  records: [{ name: "portal.mesh.guildnet.internal", type: "A", value: "10.96.3.4" }],
  split: { "apps.guildnet.internal": ["10.96.3.5"] },
  nameservers: [],
  stun: false,
};

describe("the settings", () => {
  test("say where clients find the server, with a port where it isn't HTTPS' own", () => {
    expect(serverUrl(resolved)).toBe("https://headscale.guild.example.org:8092");
    expect(serverUrl({ ...resolved, port: 443 })).toBe("https://headscale.guild.example.org");
    expect(settings(resolved).server_url).toBe(serverUrl(resolved));
  });

  test("keep database and both keys on the volume", () => {
    const { database, noise, derp } = settings(resolved);
    for (const path of [database.sqlite.path, noise.private_key_path, derp.server.private_key_path])
      expect(path).toMatch(/^\/var\/lib\/headscale\//);
    expect(noise.private_key_path).not.toBe(derp.server.private_key_path);
  });

  test("listen over TLS for clients, and otherwise on loopback alone", () => {
    const { listen_addr, metrics_listen_addr, grpc_listen_addr, grpc_allow_insecure, tls_cert_path } =
      settings(resolved);
    expect(listen_addr).toBe("0.0.0.0:8443");
    expect([metrics_listen_addr, grpc_listen_addr].every((address) => address.startsWith("127.0.0.1:"))).toBe(true);
    expect(grpc_allow_insecure).toBe(false);
    expect(tls_cert_path).toBe("/etc/headscale-tls/tls.crt");
  });

  test("take nothing from the internet", () => {
    const { derp, disable_check_updates, logtail } = settings(resolved);
    expect(derp).toMatchObject({
      urls: [],
      auto_update_enabled: false,
      server: { enabled: true, verify_clients: true },
    });
    expect({ disable_check_updates, logtail }).toEqual({ disable_check_updates: true, logtail: { enabled: false } });
    expect(JSON.stringify(settings(resolved))).not.toContain("tailscale.com");
  });

  test("leave the policy to the API, and devices their own name servers unless there are others", () => {
    expect(settings(resolved)).toMatchObject({
      policy: { mode: "database" },
      dns: {
        override_local_dns: false,
        nameservers: { global: [], split: resolved.split },
        extra_records: resolved.records,
      },
    });
    expect(settings({ ...resolved, nameservers: ["9.9.9.9"] }).dns).toMatchObject({
      override_local_dns: true,
      nameservers: { global: ["9.9.9.9"] },
    });
  });

  test("offer STUN only where devices can reach it", () => {
    expect(settings(resolved).derp.server.stun_listen_addr).toBe("127.0.0.1:3478");
    expect(settings({ ...resolved, stun: true }).derp.server.stun_listen_addr).toBe("0.0.0.0:3478");
  });
});

describe("the files", () => {
  test("hold the settings as they are", () => {
    const { prefixes, ...file } = parse(settingsFiles(resolved)["config.yaml"]) as ReturnType<typeof settings>;
    expect({ prefixes, ...file }).toEqual(settings(resolved));
    expect(settings(resolved).unix_socket_permission).toBe("0770");
    expect(settingsFiles(resolved)["config.yaml"]).toContain('unix_socket_permission: "0770"');
  });

  test("name the server as the only relay, its region as a number", () => {
    const file = settingsFiles(resolved)["derp.yaml"];
    expect(file).toMatch(/^ {2}999:$/m);
    expect(parse(file)).toEqual({
      regions: {
        999: {
          regionid: 999,
          regioncode: "guild",
          regionname: "Guild",
          nodes: [
            { name: "999a", regionid: 999, hostname: resolved.hostname, derpport: 8092, stunport: -1, stunonly: false },
          ],
        },
      },
    });
    expect(parse(settingsFiles({ ...resolved, stun: true })["derp.yaml"])).toMatchObject({
      regions: { 999: { nodes: [{ stunport: 3478 }] } },
    });
  });
});

describe("mistakes", () => {
  test("are none where names keep apart", () => expect(settingsMistakes(resolved)).toEqual([]));

  test.each<[string, Partial<ResolvedHeadscale>, string]>([
    [
      "the server is below the base domain",
      { hostname: "headscale.mesh.guildnet.internal" },
      "no longer find the server",
    ],
    ["the server is the base domain", { hostname: "mesh.guildnet.internal" }, "no longer find the server"],
    [
      "a record is elsewhere",
      { records: [{ name: "portal.example.org", type: "A", value: "10.96.3.4" }] },
      'record "portal.example.org"',
    ],
    [
      "other name servers answer below the base domain",
      { split: { "apps.mesh.guildnet.internal": ["10.96.3.5"] } },
      "never asked",
    ],
    ["devices get no addresses", { prefixes: {} }, "neither"],
  ])("where %s", (_, wrong, said) => {
    const mistakes = settingsMistakes({ ...resolved, ...wrong });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(said);
  });
});
