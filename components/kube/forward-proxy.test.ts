import { describe, expect, test } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { App } from "../index.ts";
import { record, showsInPlain } from "../testing/record.ts";
import { Workspace } from "../workspace/workspace.ts";
import type { WorkspaceArgs } from "../workspace/workspace.ts";
import { PROXY_ADDRESS, proxyMistakes, proxyVariables, toProxy, usedProxy } from "./forward-proxy.ts";
import type { Proxy } from "./forward-proxy.ts";
import type { Internet } from "./network-policies.ts";
import { policySpec } from "./network-policy.ts";
import type { Policies } from "./network-policy.ts";

const proxy: Proxy = { https: "http://10.1.2.3:3128", exclude: ["intern.example.org", "10.96.0.0/16"] };
const NO_PROXY = "intern.example.org,10.96.0.0/16,localhost,.localhost,127.0.0.1,::1,.svc,.cluster.local";

describe("an address of a proxy", () => {
  test.each(["http://proxy:80", "http://proxy.example.org:3128", "http://10.1.2.3:65535"])("is %s", (address) =>
    expect(PROXY_ADDRESS.test(address)).toBe(true),
  );

  test.each([
    "proxy:3128",
    "https://proxy:3128",
    "socks5://proxy:1080",
    "http://proxy",
    "http://proxy:0",
    "http://proxy:65536",
    "http://proxy:3128/",
    "http://proxy:3128/pac",
    "http://ada@proxy:3128",
    "http://ada:pw@proxy:3128",
    "http://proxy:3128\n",
    "http://a,b:1",
    "http://-a:1",
    "http://[::1]:3128",
    "HTTP://proxy:3128",
    "http://:3128",
  ])("is not %j, and what is wrong is told without it", (address) => {
    expect(PROXY_ADDRESS.test(address)).toBe(false);
    expect(proxyMistakes({ https: "http://proxy:80", http: address })).toEqual([
      'proxy.http: allowed is an address such as "http://proxy.example.org:3128"',
    ]);
  });
});

const specs = (policies: Policies) =>
  Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, policySpec(policy)]));

describe("who goes through a proxy", () => {
  test.each<[Internet, boolean]>([
    [true, true],
    [["0.0.0.0/0"], true],
    [["10.1.0.0/16", "0.0.0.0/0"], true],
    [false, false],
    [[], false],
    [["10.1.0.0/16"], false],
    [["10.1.2.3/32"], false],
  ])("who reaches %j: %s", (internet, through) => {
    expect(usedProxy(proxy, internet)).toBe(through ? proxy : undefined);
  });

  test("reaches its address at its port, and nothing else by that", () => {
    expect(specs(toProxy(proxy))).toEqual({
      "to-proxy": {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ protocol: "TCP", port: 3128 }] }],
      },
    });
    expect(specs(toProxy({ ...proxy, http: "http://10.1.2.4:8080" }))["to-proxy"]?.egress).toEqual([
      { to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ protocol: "TCP", port: 3128 }] },
      { to: [{ ipBlock: { cidr: "10.1.2.4/32" } }], ports: [{ protocol: "TCP", port: 8080 }] },
    ]);
  });

  test("reaches one that has a name in the networks that it is in, and else as anything on the internet", () => {
    expect(
      specs(toProxy({ https: "http://proxy.lan:3128", networks: ["10.1.2.0/24", "10.1.3.0/24"] }))["to-proxy"]?.egress,
    ).toEqual([
      {
        to: [{ ipBlock: { cidr: "10.1.2.0/24" } }, { ipBlock: { cidr: "10.1.3.0/24" } }],
        ports: [{ protocol: "TCP", port: 3128 }],
      },
    ]);
    expect(toProxy({ https: "http://proxy.example.org:3128" })).toEqual({});
    expect(toProxy(undefined)).toEqual({});
  });
});

test("variables say what is asked without it: what is in the cluster, and what its people say", () => {
  expect(proxyVariables(proxy)).toEqual({
    HTTPS_PROXY: "http://10.1.2.3:3128",
    HTTP_PROXY: "http://10.1.2.3:3128",
    NO_PROXY,
  });
});

interface Container {
  env: { name: string; value?: string; valueFrom?: unknown }[];
}

async function made(make: () => pulumi.Resource) {
  const all = await record(() => void make());
  const inputs = (name: string) => all.find((resource) => resource.name === `ada-${name}`)?.inputs;
  const spec = inputs("deployment")?.["spec"] as { template: { spec: { containers: Container[] } } } | undefined;
  return { all, inputs, env: spec?.template.spec.containers[0]?.env ?? [] };
}
const workspace = (args: Partial<WorkspaceArgs>) =>
  made(() => new Workspace("ada", { owner: "ada", image: "x:1", ...args }));

describe("a workspace behind a proxy", () => {
  test("is told of it in both spellings, and let to it", async () => {
    const { env, inputs } = await workspace({ proxy });
    expect(env.filter(({ name }) => /proxy$/i.test(name))).toEqual([
      { name: "HTTPS_PROXY", value: proxy.https },
      { name: "https_proxy", value: proxy.https },
      { name: "HTTP_PROXY", value: proxy.https },
      { name: "http_proxy", value: proxy.https },
      { name: "NO_PROXY", value: NO_PROXY },
      { name: "no_proxy", value: NO_PROXY },
    ]);
    expect(inputs("network-to-proxy")?.["spec"]).toEqual(specs(toProxy(proxy))["to-proxy"]);
    expect(inputs("network-to-internet")).toBeDefined();
  });

  test.each([false, ["10.0.0.0/8"]])("that reaches %j outside knows no proxy and is let to none", async (internet) => {
    const { env, inputs } = await workspace({ proxy, internet });
    expect(env.filter(({ name }) => /proxy$/i.test(name))).toEqual([]);
    expect(inputs("network-to-proxy")).toBeUndefined();
  });

  test("has its person's own variable instead, however that is spelled, and each name once", async () => {
    const { env } = await workspace({ proxy, environment: { https_proxy: "http://mine:1", NO_PROXY: "*" } });
    expect(env.filter(({ name }) => /proxy$/i.test(name)).map(({ name, value }) => [name, value])).toEqual([
      ["HTTP_PROXY", proxy.https],
      ["http_proxy", proxy.https],
      ["https_proxy", "http://mine:1"],
      ["NO_PROXY", "*"],
    ]);
  });

  test("signs in by a Secret, and nothing but that shows the password", async () => {
    const { all, env, inputs } = await workspace({ proxy: { ...proxy, credentials: pulumi.secret("ada:CANARY") } });
    expect(inputs("proxy")).toMatchObject({
      metadata: { name: "proxy" },
      stringData: {
        secret: { HTTPS_PROXY: "http://ada:CANARY@10.1.2.3:3128", HTTP_PROXY: "http://ada:CANARY@10.1.2.3:3128" },
      },
    });
    for (const name of ["HTTPS_PROXY", "https_proxy"])
      expect(env).toContainEqual({ name, valueFrom: { secretKeyRef: { name: "proxy", key: "HTTPS_PROXY" } } });
    expect(env.find(({ name }) => name === "NO_PROXY")?.value).toBe(NO_PROXY);
    expect(showsInPlain(all, "CANARY")).toBe(false);
  });

  test("is refused with one that can't be, without showing what stands there", () => {
    expect(
      () => new Workspace("ada", { owner: "ada", image: "x:1", proxy: { https: "http://ada:CANARY@proxy:1" } }),
    ).toThrow(/^(?!.*CANARY).*proxy\.https/s);
  });
});

test("an app uses it where it has the internet, which it has not of itself", async () => {
  const app = (internet?: Internet) =>
    made(() => new App("ada", { owner: "ada", image: "x:1", port: 3000, proxy, internet }));
  expect((await app()).env).toEqual([]);
  const { env, inputs } = await app(true);
  expect(env.map(({ name }) => name)).toEqual([
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
  ]);
  expect(inputs("network-to-proxy")).toBeDefined();
});
