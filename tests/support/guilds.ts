import * as pulumi from "@pulumi/pulumi";
import { record } from "../../components/testing/record.ts";
import type { Registered } from "../../components/testing/record.ts";
import { guild } from "../../stacks/guild.ts";
import type { GuildSecrets } from "../../stacks/guild.ts";
import { parseGuild } from "../../stacks/check/parse.ts";

const kubeconfig = {
  text: "kubeconfig",
  server: "https://192.0.2.1:6443",
  clusterName: "lab",
  credentials: { skipVerify: false },
};
const images = {
  workspace: "example.org/workspace:1",
  portal: "example.org/portal:1",
  notes: "example.org/notes:1",
};
const existing = { kind: "existing", kubeconfigPath: "kubeconfig" };

const people = {
  people: { ada: {}, bob: { quota: { storage: "80Gi" } } },
  workspaces: [
    {
      owner: "ada",
      dotfiles: "https://example.org/ada/dotfiles",
      ports: [{ name: "web", port: 3000 }],
      environment: { EDITOR: "vim" },
    },
    { owner: "ada", name: "ada-lab", preset: "small", keepData: false, internet: false },
    { owner: "bob", nodeSelector: { disk: "ssd" } },
  ],
  apps: [
    {
      name: "wiki",
      owner: "ada",
      image: "example.org/wiki:1",
      port: 3000,
      visibility: "public",
      replicas: 2,
      internet: true,
    },
    {
      name: "board",
      owner: "bob",
      image: "example.org/board:1",
      port: 3000,
      visibility: "members",
      storage: { size: "1Gi", path: "/data" },
    },
  ],
};

const acme = (dns01: object) => ({ issuer: { kind: "acme", email: "ada@example.org", dns01 } });
const bucket = { kind: "s3", endpoint: "https://s3.example.org", bucket: "guild-backup", region: "eu-central-1" };
const restServer = {
  kind: "rest",
  url: "https://192.0.2.7:8000/lab",
  user: "guild",
  caCertificate: "-----BEGIN CERTIFICATE-----\n",
};

/** Guilds that between them have everything a config can turn on, by what is special about each. */
export const wholeGuilds: Readonly<Record<string, object>> = {
  "embedded with everything": {
    ...people,
    events: {},
    registry: {},
    radicle: {},
    batch: {},
    loadBalancer: {},
    certificates: {},
    models: {},
    backup: {},
    monitoring: {},
    notes: {},
    mesh: { kind: "headscale", devices: ["ada-laptop"], access: "cluster", stun: true },
    tunnel: {
      kind: "frp",
      server: "tunnel.example.org",
      publish: [
        { app: "wiki", host: "wiki.example.org" },
        { workspace: "ada", port: "web", host: "web.example.org", until: "2999-12-24", evenThoughPrivate: true },
      ],
    },
  },
  // Without certificates that renew, and so with what has them otherwise.
  "embedded, open to a network, with a router in the kernel": {
    ...people,
    portal: { address: "192.0.2.1" },
    registry: {},
    mesh: { kind: "headscale", address: "192.0.2.1", router: { mode: "kernel", routes: ["192.168.7.0/24"] } },
  },
  "existing with everything": {
    ...people,
    events: { servers: 3, retention: { days: 7, size: "256Mi" } },
    cluster: { ...existing, storageClass: "fast" },
    portal: { host: "guild.example.org", service: "LoadBalancer", addressPool: "public" },
    loadBalancer: { lan: "192.168.1.0/24", pools: [{ name: "public", addresses: ["192.168.1.224/28"] }] },
    radicle: { image: "example.org/radicle:1", seeding: { default: "block" } },
    registry: { address: "10.43.0.11" },
    batch: { queue: "kueue" },
    certificates: acme({ provider: "rfc2136", nameserver: "192.0.2.53", keyName: "guild" }),
    models: { list: [{ name: "qwen3-coder:30b" }], server: { kind: "ollama", gpu: { runtimeClass: "nvidia" } } },
    modelGateway: {
      servers: [
        {
          name: "openai",
          url: "https://api.openai.com",
          dialect: "openai",
          key: true,
          models: [{ name: "gpt-5.5", contextWindow: 272_000 }],
        },
      ],
      tokensPerDay: 1_000_000,
      limits: { ada: { tokensPerDay: 5_000_000 } },
      access: { "gpt-5.5": ["ada"] },
    },
    codex: {
      mcpServers: {
        tickets: { command: "tickets-mcp", args: ["--project", "lab"], tools: ["search"] },
        tools: { url: "https://tools.example.org/mcp", tokenVariable: "TOOLS_TOKEN" },
        search: { url: "https://search.example.org/mcp", token: true },
      },
      otherMcpServers: false,
    },
    backup: { target: bucket },
    notes: { storage: "20Gi", keepData: false },
    mesh: { kind: "headscale", hostname: "mesh.example.org", domain: "lan.example.org", service: "LoadBalancer" },
    proxy: { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"] },
  },
  "existing, on somebody's tailnet, with volumes on several nodes": {
    ...people,
    cluster: existing,
    portal: { host: "guild.example.org" },
    events: { existing: { url: "tls://192.0.2.9:4222", caCertificate: "-----BEGIN CERTIFICATE-----\n" } },
    certificates: acme({ provider: "cloudflare" }),
    backup: { target: restServer },
    models: { server: { kind: "existing", url: "http://192.168.1.20:11434" } },
    storage: { kind: "longhorn", snapshots: {}, backup: { url: "s3://volumes@eu-central-1/", accessKeyId: "AKIA" } },
    mesh: { kind: "tailnet", baseDomain: "tail1234.ts.net", domain: "lan.example.org" },
    tunnel: { kind: "cloudflare", publish: [{ app: "wiki", host: "wiki.example.org" }] },
  },
};

/** What of a config names a system: it goes with that, as whoever leaves the system out would have to take it out. */
const named: Readonly<Record<string, (raw: Tunnelled) => object>> = {
  apps: ({ tunnel, ...raw }) => (tunnel === undefined ? raw : { ...raw, tunnel: publishing(tunnel, "workspace") }),
};

interface Tunnelled {
  tunnel?: { publish: object[] };
}

function publishing(tunnel: { publish: object[] }, what: string): object {
  return { ...tunnel, publish: tunnel.publish.filter((published) => what in published) };
}

/** A guild's config without one of its systems. */
export function without(raw: object, system: string): object {
  const rest: object = Object.fromEntries(Object.entries(raw).filter(([key]) => key !== system));
  return named[system]?.(rest) ?? rest;
}

/** What of a guild decides which secrets it takes. */
interface Confiding {
  events?: { existing?: object };
  codex?: object;
  modelGateway?: { servers: object[] };
  mesh?: { kind: string };
  storage?: { backup?: object };
  certificates?: { issuer?: { kind: string } };
  backup?: { target?: { kind: string; user?: string } };
  proxy?: object;
  tunnel?: object;
}

/** All that the engine would be asked for, from a config of that list. */
export function registeredBy(raw: object): Promise<Registered[]> {
  const { mesh, storage, certificates, backup, events, codex, modelGateway, proxy, tunnel } = raw as Confiding;
  const toBucket = backup?.target?.kind === "s3";
  const given = {
    kubeconfig: false,
    meshApiKey: mesh?.kind === "tailnet",
    storageBackupKey: storage?.backup !== undefined,
    dnsToken: certificates?.issuer?.kind === "acme",
    modelKey: modelGateway !== undefined,
    mcpTokens: codex !== undefined,
    eventsOperatorKey: events?.existing !== undefined,
    eventsSystemCredentials: events?.existing !== undefined,
    proxyCredentials: proxy !== undefined,
    backupAccessKey: toBucket,
    backupSecretKey: toBucket,
    backupServerPassword: backup?.target?.user !== undefined,
    tunnelToken: tunnel !== undefined,
  };
  const config = parseGuild({ images, ...raw }, given);
  const secret = (wanted: boolean) => (wanted ? pulumi.secret("key") : undefined);
  const secrets = (): GuildSecrets => ({
    meshApiKey: secret(given.meshApiKey),
    storageBackupKey: secret(given.storageBackupKey),
    dnsToken: secret(given.dnsToken),
    modelKey: secret(given.modelKey),
    mcpTokens: given.mcpTokens ? pulumi.secret('{"search":"key"}') : undefined,
    eventsOperatorKey: secret(given.eventsOperatorKey),
    eventsSystemCredentials: secret(given.eventsSystemCredentials),
    proxyCredentials: secret(given.proxyCredentials),
    backupAccessKey: secret(given.backupAccessKey),
    backupSecretKey: secret(given.backupSecretKey),
    backupServerPassword: secret(given.backupServerPassword),
    tunnelToken: secret(given.tunnelToken),
  });
  return record(() => guild(config, config.cluster.kind === "existing" ? kubeconfig : undefined, secrets()));
}
