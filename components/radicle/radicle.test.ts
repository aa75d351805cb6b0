import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { EventBusAccess } from "../kube/event-access.ts";
import { record } from "../testing/record.ts";
import { Workspace } from "../workspace/workspace.ts";
import { radicleAttachment } from "./attachment.ts";
import { keySeed, radicleHost, radicleIdentity } from "./identity.ts";
import { RadicleSeed } from "./radicle-seed.ts";
import type { RadicleSeedArgs } from "./radicle-seed.ts";
import { seedSettings } from "./settings.ts";

async function made(build: (opts: { provider: k8s.Provider }) => unknown) {
  const all = await record(() => build({ provider: new k8s.Provider("outer") }));
  return (name: string) => {
    const found = all.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found.inputs;
  };
}

const seed = (args: Partial<RadicleSeedArgs> = {}) =>
  made(
    (opts) =>
      new RadicleSeed(
        "it",
        {
          image: "example.org/radicle:1",
          peopleImage: "example.org/portal:1",
          endpoint: "https://10.0.0.1:6443",
          authority: { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" },
          ...args,
        },
        opts,
      ),
  );

interface Pod {
  spec: {
    automountServiceAccountToken: boolean;
    initContainers: { name: string; image: string; command: string[] }[];
    containers: {
      name: string;
      env: { name: string; value?: string; valueFrom?: object }[];
      volumeMounts: { name: string; mountPath: string; subPath?: string }[];
    }[];
  };
}

function podOf(inputs: Record<string, unknown>): Pod["spec"] {
  return (inputs as { spec: { template: Pod } }).spec.template.spec;
}

test("the seed looks for nobody, and keeps what it is told of unless the config says otherwise", () => {
  const { node, preferredSeeds } = seedSettings({}, [`${radicleHost}:8776`]);
  expect(preferredSeeds).toEqual([]);
  expect(node).toMatchObject({
    peers: { type: "static" },
    connect: [],
    seedingPolicy: { default: "allow", scope: "all" },
    externalAddresses: ["seed.guildnet-radicle.svc:8776"],
  });
  expect(seedSettings({ scope: "followed" }, []).node.seedingPolicy).toEqual({ default: "allow", scope: "followed" });
  expect(seedSettings({ default: "block", scope: "all" }, []).node.seedingPolicy).toEqual({ default: "block" });
});

test("the API server is asked by what knows the people alone", async () => {
  const pod = podOf((await seed())("it-deployment"));
  expect(pod.automountServiceAccountToken).toBe(false);
  const withToken = pod.containers.filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === "api-access"));
  expect(withToken.map(({ name }) => name)).toEqual(["people"]);
});

test("another policy starts the seed anew", async () => {
  const version = async (args: Partial<RadicleSeedArgs>) =>
    JSON.stringify(((await seed(args))("it-deployment") as { spec: { template: object } }).spec.template);
  expect(await version({})).toBe(await version({ seeding: { scope: "all" } }));
  expect(await version({})).not.toBe(await version({ seeding: { scope: "followed" } }));
});

const workspace = (passwordGeneration?: number) =>
  made(
    (opts) =>
      new Workspace(
        "ada-lab",
        {
          owner: "ada",
          image: "example.org/workspace:1",
          attachments: [
            radicleAttachment(
              {
                image: "example.org/radicle:1",
                host: radicleHost,
                identity: radicleIdentity,
                caCertificate: "CA CERTIFICATE",
                identityKey: "IDENTITY KEY",
              },
              { passwordGeneration },
            ),
          ],
        },
        opts,
      ),
  );

test("a workspace has Radicle's programs, and its node beside it, from an image that isn't its own", async () => {
  const pod = podOf((await workspace())("ada-lab-deployment"));
  expect(pod.initContainers).toMatchObject([{ name: "radicle-programs", image: "example.org/radicle:1" }]);
  for (const program of ["rad", "radicle-node", "git-remote-rad"])
    expect(pod.initContainers[0]?.command).toContain(`/usr/local/bin/${program}`);
  const node = pod.containers.find(({ name }) => name === "radicle");
  expect(node).toMatchObject({
    image: "example.org/radicle:1",
    command: ["tini", "--", "/usr/lib/guildnet/radicle/workspace"],
    securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true },
  });
  expect(node?.volumeMounts).toContainEqual({
    name: "radicle-access",
    mountPath: "/etc/guildnet/radicle/access",
    readOnly: true,
  });
});

test("the seed reads by which password a workspace says who it is, and never the passphrase of its key", async () => {
  const named = await workspace();
  expect(named("ada-lab-radicle-role")["rules"]).toEqual([
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["radicle-access"], verbs: ["get"] },
  ]);
  const { metadata, stringData } = named("ada-lab-radicle-access") as {
    metadata: { name: string };
    stringData: { secret: object };
  };
  expect(metadata.name).toBe("radicle-access");
  expect(stringData.secret).toEqual({ password: "random of ada-lab-radicle-password", owner: "ada" });
  expect(podOf(named("ada-lab-deployment")).containers[0]?.env).toContainEqual({
    name: "RAD_PASSPHRASE",
    valueFrom: { secretKeyRef: { name: "radicle-key", key: "passphrase" } },
  });
});

test("another generation is another password, and the same key", async () => {
  const [first, second] = [await workspace(), await workspace(2)];
  expect(first("ada-lab-radicle-password")).not.toEqual(second("ada-lab-radicle-password"));
  expect(first("ada-lab-radicle-passphrase")).toEqual(second("ada-lab-radicle-passphrase"));
});

test("an identity is made from what stays the same, and is one workspace's of one person", async () => {
  const seed = keySeed("IDENTITY KEY", "ada-lab", "ada");
  expect(seed).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    keySeed("ANOTHER KEY", "ada-lab", "ada"),
    keySeed("IDENTITY KEY", "ada", "ada"),
    keySeed("IDENTITY KEY", "ada-lab", "bob"),
  ];
  expect(new Set([seed, ...others]).size).toBe(4);
  const named = await workspace();
  expect(named("ada-lab-radicle-key")).toMatchObject({ stringData: { secret: { seed } } });
  const pod = podOf(named("ada-lab-deployment"));
  const has = pod.containers.filter(({ env }) => env.some(({ name }) => name === "GUILDNET_RADICLE_IDENTITY"));
  expect(has.map(({ name }) => name)).toEqual(["radicle"]);
  expect(has[0]?.env).toContainEqual({
    name: "GUILDNET_RADICLE_IDENTITY",
    valueFrom: { secretKeyRef: { name: "radicle-key", key: "seed" } },
  });
});

test("what is pushed is told where there is an event bus, by a container that can be without it", async () => {
  const without = podOf((await seed())("it-deployment"));
  expect(without.containers.map(({ name }) => name)).toEqual(["radicle", "people"]);
  expect(without.initContainers).toBeUndefined();
  const events: EventBusAccess = {
    url: "tls://bus",
    join: () => ({ secret: pulumi.output("events-access"), reach: {}, version: pulumi.output("1") }),
    identity: () => {
      throw new Error("nobody outside of the cluster is asked for");
    },
  };
  const { containers, initContainers } = podOf((await seed({ events }))("it-deployment"));
  expect(initContainers).toMatchObject([
    { image: "example.org/portal:1", command: ["cp", "git-events.mjs", "/opt/guildnet/programs"] },
  ]);
  const told = containers.find(({ name }) => name === "git-events");
  expect(told).toMatchObject({ image: "example.org/radicle:1" });
  const mounts = told?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
  for (const { name, value } of told?.env ?? [])
    expect(
      mounts.some((path) => value?.startsWith(path)),
      name,
    ).toBe(!name.endsWith("PORT"));
});
