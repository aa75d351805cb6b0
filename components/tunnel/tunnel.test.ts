import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import type { Registered } from "../testing/record.ts";
import { frpServerSettings } from "./frp-settings.ts";
import { PublicTunnel } from "./public-tunnel.ts";
import type { PublicTunnelArgs } from "./public-tunnel.ts";
import { TunnelServer } from "./tunnel-server.ts";
import type { TunnelServerArgs } from "./tunnel-server.ts";

const frp = { kind: "frp", server: "tunnel.example.org" } as const;
const end = {
  host: "published.guildnet-portal.svc",
  port: 8445,
  pods: { namespace: "guildnet-portal", app: "portal" },
};

async function tunnel(args: Partial<PublicTunnelArgs> = {}): Promise<(name: string) => Registered> {
  const all = {
    to: frp,
    token: pulumi.secret("TOKEN"),
    hosts: ["hello.example.org"],
    end,
    image: "example.org/frpc:1",
  };
  const registered = await record(
    () => new PublicTunnel("it", { ...all, ...args }, { provider: new k8s.Provider("outer") }),
  );
  return (name) => registered.find((one) => one.name === name) ?? expect.fail(`no ${name}`);
}

const file = async (name: string, args?: Partial<PublicTunnelArgs>): Promise<unknown> => {
  const { data } = (await tunnel(args))("it-settings").inputs as { data: Record<string, string> };
  return JSON.parse(data[name] ?? expect.fail(`no ${name}`));
};

const version = async (args?: Partial<PublicTunnelArgs>): Promise<string | undefined> => {
  const { template } = (await tunnel(args))("it-deployment").inputs["spec"] as {
    template: { metadata: { annotations: Record<string, string> } };
  };
  return template.metadata.annotations["guildnet.io/mounted"];
};

describe("a tunnel to a server of one's own", () => {
  test("asks for the published names alone, and believes one certificate alone", async () => {
    expect(await file("frpc.json", { hosts: ["hello.example.org", "wiki.example.org"] })).toMatchObject({
      serverAddr: "tunnel.example.org",
      serverPort: 7000,
      auth: { method: "token", tokenSource: { type: "file", file: { path: "/etc/guildnet/tunnel/token/token" } } },
      transport: {
        tls: {
          enable: true,
          serverName: "tunnel.example.org",
          trustedCaFile: "/etc/ssl/certs/ca-certificates.crt",
        },
      },
      proxies: [
        {
          type: "https",
          customDomains: ["hello.example.org", "wiki.example.org"],
          localIP: "published.guildnet-portal.svc",
          localPort: 8445,
        },
      ],
    });
    const own = await tunnel({ to: { ...frp, caCertificate: "CA OF THE SERVER" } });
    expect(own("it-settings").inputs["data"]).toMatchObject({
      "authority.crt": "CA OF THE SERVER",
      "frpc.json": expect.stringContaining('"trustedCaFile":"/etc/guildnet/tunnel/settings/authority.crt"'),
    });
  });

  test("opens nothing of itself: no port to administer it, and nobody gets in", async () => {
    expect(await file("frpc.json")).not.toHaveProperty("webServer");
    const named = await tunnel();
    expect(named("it-network-deny-all").inputs["spec"]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    expect(named("it-network-to-published").inputs["spec"]).toMatchObject({
      egress: [
        { to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "portal" } } }], ports: [{ port: 8445 }] },
      ],
    });
  });

  test("reaches its server at one port: at its address, or where that is a name in the internet", async () => {
    const egress = async (to: PublicTunnelArgs["to"]) =>
      ((await tunnel({ to }))("it-network-to-server").inputs["spec"] as { egress: unknown[] }).egress;
    expect(await egress({ kind: "frp", server: "192.168.7.4", port: 7001 })).toEqual([
      { to: [{ ipBlock: { cidr: "192.168.7.4/32" } }], ports: [{ protocol: "TCP", port: 7001 }] },
    ]);
    expect(await egress(frp)).toMatchObject([
      {
        to: [
          { ipBlock: { cidr: "0.0.0.0/0", except: expect.arrayContaining(["10.0.0.0/8"]) } },
          { ipBlock: { cidr: "::/0" } },
        ],
        ports: [{ port: 7000 }],
      },
    ]);
  });

  test("starts anew for another token or another name, and tells of the token nothing", async () => {
    const first = await version();
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await version()).toBe(first);
    expect(await version({ token: pulumi.secret("ANOTHER") })).not.toBe(first);
    expect(await version({ hosts: ["other.example.org"] })).not.toBe(first);
  });

  test("is for something", async () => {
    await expect(tunnel({ hosts: [] })).rejects.toThrow('tunnel "it": hosts is empty');
  });
});

describe("a tunnel to Cloudflare", () => {
  const to = { kind: "cloudflare" } as const;

  test("knows the published names alone, and asks the end for each by that", async () => {
    expect(await file("cloudflared.yml", { to })).toMatchObject({
      ingress: [
        {
          hostname: "hello.example.org",
          service: "https://published.guildnet-portal.svc:8445",
          originRequest: { originServerName: "hello.example.org" },
        },
        { service: "http_status:404" },
      ],
    });
    expect(await file("cloudflared.yml", { to, end: { ...end, caCertificate: "CA" } })).toMatchObject({
      ingress: [{ originRequest: { caPool: "/etc/guildnet/tunnel/settings/authority.crt" } }, {}],
    });
  });

  test("has its token from a file, never in its arguments", async () => {
    const { template } = (await tunnel({ to }))("it-deployment").inputs["spec"] as {
      template: { spec: { containers: { command: string[] }[] } };
    };
    expect(template.spec.containers[0]?.command.slice(-2)).toEqual([
      "--token-file",
      "/etc/guildnet/tunnel/token/token",
    ]);
  });
});

describe("the server", () => {
  const server = async (args: Partial<TunnelServerArgs> = {}): Promise<(name: string) => Registered> => {
    const registered = await record(
      () => new TunnelServer("it", { host: "ssh://root@192.0.2.1", hostname: "tunnel.example.org", ...args }),
    );
    return (name) => registered.find((one) => one.name === name) ?? expect.fail(`no ${name}`);
  };

  test("takes names of hosts alone, over TLS, from who has the token", () => {
    expect(frpServerSettings()).toMatchObject({
      vhostHTTPSPort: 8443,
      allowPorts: [{ single: 1 }],
      maxPortsPerClient: 1,
      auth: { method: "token", additionalScopes: ["HeartBeats", "NewWorkConns"] },
      transport: { tls: { force: true } },
    });
    expect(frpServerSettings()).not.toHaveProperty("webServer");
    expect(frpServerSettings()).not.toHaveProperty("vhostHTTPPort");
  });

  test("is a container without capabilities, whose secrets only it can read", async () => {
    const { inputs } = (await server({ publicPort: 8443 }))("it-container");
    expect(inputs).toMatchObject({
      restart: "unless-stopped",
      capabilities: { drops: ["ALL"] },
      ports: [
        { internal: 7000, external: 7000 },
        { internal: 8443, external: 8443 },
      ],
    });
    const uploads = inputs["uploads"] as { file: string; permissions?: string }[];
    expect(uploads.filter(({ permissions }) => permissions === "0600").map(({ file: name }) => name)).toEqual([
      "/etc/guildnet/tunnel/token/token",
      "/etc/guildnet/tunnel/tls/tls.key",
    ]);
  });

  test("has a certificate for its name, or its address, by an authority for nothing else", async () => {
    expect((await server())("it-authority").inputs["permitted"]).toEqual({
      dnsNames: ["tunnel.example.org"],
      ipAddresses: [],
    });
    const byAddress = await server({ hostname: "192.0.2.1" });
    expect(byAddress("it-certificate").inputs).toMatchObject({ dnsNames: [], ipAddresses: ["192.0.2.1"] });
  });
});
