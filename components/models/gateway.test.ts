import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { ModelGateway } from "../index.ts";
import type { GatewayServer, ModelGatewayArgs } from "../index.ts";
import { bus } from "../testing/cases.ts";
import { record } from "../testing/record.ts";

const small = { name: "small:135m", contextWindow: 8192, tools: false };
const coder = { name: "coder", contextWindow: 32_768, tools: true };
const inside: GatewayServer = {
  name: "ollama",
  url: "http://ollama.guildnet-ollama.svc:11434",
  pods: { app: "ollama", namespace: "guildnet-ollama", port: 11434 },
  models: [small, coder],
};
const openai: GatewayServer = {
  name: "openai",
  url: "https://api.openai.com",
  dialect: "openai",
  key: pulumi.secret("CANARY"),
  models: [{ name: "gpt", contextWindow: 400_000, tools: true }],
};

async function made(servers: GatewayServer[], args: Partial<ModelGatewayArgs> = {}) {
  const all = await record(
    () =>
      new ModelGateway("it", {
        image: "example.org/portal:1",
        endpoint: "https://10.0.0.1:6443",
        authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" },
        servers,
        ...args,
      }),
  );
  return <T>(name: string) => all.find((each) => each.name === `it-${name}`)?.inputs as T;
}

const settingsOf = async (servers: GatewayServer[], args?: Partial<ModelGatewayArgs>) =>
  JSON.parse(
    (await made(servers, args))<{ data: Record<string, string> }>("settings").data["gateway.json"] ?? "",
  ) as unknown;

describe("what the gateway reads", () => {
  test("has servers with their models, limits, and who may ask what", async () => {
    const settings = await settingsOf([inside, openai], {
      limits: { tokensPerDay: 1_000_000 },
      limitsOf: { bob: { requestsAtOnce: 1 } },
      access: { gpt: ["ada"] },
    });
    expect(settings).toEqual({
      servers: [
        { name: "ollama", url: inside.url, dialect: "plain", models: [small, coder] },
        {
          name: "openai",
          url: openai.url,
          dialect: "openai",
          key: "openai",
          models: [{ ...openai.models[0], workspaces: ["ada"] }],
        },
      ],
      limits: { requestsAtOnce: 4, tokensPerDay: 1_000_000 },
      limitsOf: { bob: { requestsAtOnce: 1 } },
    });
  });

  test("makes it start anew where it changes; a key's change does not, as that is read for each question", async () => {
    const version = async (servers: GatewayServer[], args?: Partial<ModelGatewayArgs>) => {
      const deployment = (await made(servers, args))<{ spec: { template: { metadata: { annotations: object } } } }>;
      return JSON.stringify(deployment("deployment").spec.template.metadata.annotations);
    };
    const before = await version([inside, openai]);
    expect(await version([inside, { ...openai, key: pulumi.secret("OTHER") }])).toBe(before);
    expect(await version([inside, openai], { limits: { tokensPerDay: 5 } })).not.toBe(before);
  });
});

test("says what was used where there is a bus, with what it is given to speak by, and starts anew with another", async () => {
  const pod = async (args?: Partial<ModelGatewayArgs>) => (await made([inside], args))<Pod>("deployment").spec.template;
  const [mute, speaking] = [await pod(), await pod({ events: bus })];
  const [{ env, volumeMounts }] = speaking.spec.containers;
  const folder = volumeMounts.find(({ name }) => name === "events")?.mountPath;
  expect(folder).toBeDefined();
  expect(env).toEqual([{ name: "GUILDNET_EVENTS", value: folder }]);
  expect(mute.spec.containers[0].env).toEqual([]);
  expect(speaking.metadata.annotations).not.toEqual(mute.metadata.annotations);
});

interface Pod {
  spec: {
    template: {
      metadata: { annotations: object };
      spec: { containers: [{ env: object[]; volumeMounts: { name: string; mountPath: string }[] }] };
    };
  };
}

test("keys are in a Secret, by the names of their servers, and in nothing else", async () => {
  const of = await made([inside, openai]);
  expect(of("keys")).toMatchObject({ stringData: { secret: { openai: "CANARY" } } });
  expect(JSON.stringify(of("settings"))).not.toContain("CANARY");
  expect((await made([inside]))("keys")).toBeUndefined();
});

describe("out of it there is a way", () => {
  type Rules = { spec: { egress?: object[] } };
  const out = async (server: GatewayServer, policy = "to-models") =>
    (await made([server]))<Rules | undefined>(`network-${policy}`)?.spec.egress;

  test("to a server's pods, and not to the internet", async () => {
    expect(await out(inside)).toMatchObject([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "guildnet-ollama" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "ollama" } },
          },
        ],
        ports: [{ port: 11434 }],
      },
    ]);
    expect(await out(inside, "to-internet")).toBeUndefined();
  });

  test("to the internet for one that is called by a name", async () => {
    expect(await out(openai)).toBeUndefined();
    expect(await out(openai, "to-internet")).toHaveLength(1);
  });

  test("to networks as well, for one whose name leads to a private address", async () => {
    const of = await made([openai], { networks: ["10.1.0.0/16"] });
    expect(JSON.stringify(of("network-to-internet"))).toContain('"cidr":"10.1.0.0/16"');
    const named = await made([inside], { networks: ["10.1.0.0/16"] });
    expect(named("network-to-internet")).toBeUndefined();
  });

  test.each([
    ["http://192.168.1.7:11434", 11434],
    ["http://192.168.1.7", 80],
    ["https://192.168.1.7", 443],
  ])("to %s, and to no other address", async (url, port) => {
    const server: GatewayServer = { name: "host", url, models: [] };
    expect(await out(server)).toMatchObject([{ to: [{ ipBlock: { cidr: "192.168.1.7/32" } }], ports: [{ port }] }]);
    expect(await out(server, "to-internet")).toBeUndefined();
  });
});

test.each<[string, GatewayServer[], string]>([
  ["without a server", [], "it has no server to ask: give it one"],
  ["with two of a name", [inside, inside], 'server "ollama" is there twice: give each its own name'],
  ["with a name that is a path", [{ ...inside, name: "../x" }], 'server "../x": a name has lower case letters'],
])("one %s is refused", async (_, servers, words) => {
  await expect(made(servers)).rejects.toThrow(words);
});
