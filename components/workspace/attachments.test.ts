import * as k8s from "@pulumi/kubernetes";
import { expect, test } from "vitest";
import {
  eventsAttachment,
  modelsAttachment,
  notesAttachment,
  registryAttachment,
  registryHost,
  registryIdentity,
  toolsAttachment,
  Workspace,
} from "../index.ts";
import type { WorkspaceAttachment, WorkspaceArgs } from "../index.ts";
import { program, tcp } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import { quantity } from "../kube/quantity.ts";
import { bus as guildsBus } from "../testing/cases.ts";
import { record } from "../testing/record.ts";
import before from "./fixtures/with-registry.json" with { type: "json" };
import { smallest } from "./presets.ts";

const plain = { owner: "ada", image: "example.org/workspace:1" };

async function made(args: Partial<WorkspaceArgs>) {
  const all = await record(() => new Workspace("ada", { ...plain, ...args }));
  return all
    .filter(({ custom }) => custom)
    .map(({ urn, inputs, dependencies }) => ({ urn, inputs, dependencies: [...dependencies].sort() }))
    .sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

test("a workspace with the registry attached is what it was when it knew the registry itself", async () => {
  const registry = registryAttachment({
    host: registryHost,
    identity: registryIdentity,
    caCertificate: "CA CERTIFICATE",
  });
  const now = await made({
    dotfiles: "https://example.org/ada/dotfiles",
    environment: { EDITOR: "vim", DOCKER_CONFIG: "/home/guild/.docker" },
    attachments: [registry],
  });
  // As text: the order of variables and volumes is part of a pod's template, and another order starts it anew.
  expect(JSON.stringify(now, null, 2)).toBe(JSON.stringify(before, null, 2));
});

/** A system that no folder here is about. */
const bus: WorkspaceAttachment = {
  name: "bus",
  attach: (workspace) => {
    const { metadata } = new k8s.core.v1.ConfigMap(
      `${workspace.name}-bus-settings`,
      { metadata: metaIn(workspace, "bus-settings"), data: { url: "nats" } },
      { parent: workspace.parent },
    );
    return {
      environment: { GUILDNET_BUS: `nats://${workspace.name}@bus` },
      defaults: { NATS_URL: "nats://bus", EDITOR: "nano" },
      secretDefaults: {
        NATS_PASSWORD: { secret: "bus-access", key: "password" },
        PAGER: { secret: "bus-access", key: "pager" },
      },
      files: [{ name: "bus", folder: "/etc/guildnet/bus", from: { configMap: metadata.name } }],
      reach: { "to-bus": { to: [{ peers: [program("bus", "guildnet-bus")], ports: tcp(4222) }] } },
      room: { cpu: "500m", memory: "8Gi", reserved: { cpu: "10m", memory: "64Mi" } },
    };
  },
};

test("any other system gives variables, files, a way out and room by the same means", async () => {
  const all = await made({ attachments: [bus], environment: { EDITOR: "vim", PAGER: "less" } });
  const inputs = (name: string) =>
    all.find(({ urn }) => urn.endsWith(`::ada-${name}`))?.inputs as { spec: Record<string, unknown> };
  const { spec } = inputs("deployment")["spec"]["template"] as {
    spec: { containers: { env: object[]; volumeMounts: object[] }[]; volumes: object[] };
  };
  const [container] = spec.containers;
  expect(container?.env).toEqual(
    expect.arrayContaining([
      { name: "GUILDNET_BUS", value: "nats://ada@bus" },
      { name: "NATS_URL", value: "nats://bus" },
      { name: "NATS_PASSWORD", valueFrom: { secretKeyRef: { name: "bus-access", key: "password" } } },
      { name: "EDITOR", value: "vim" },
      { name: "PAGER", value: "less" },
    ]),
  );
  expect(container?.env).toHaveLength(7);
  // It is a finding of scanners, where there is such a variable, and none where there is not.
  expect(inputs("deployment")).toMatchObject({
    metadata: { annotations: { "accepted.guildnet.io/secret-variable": expect.any(String) as string } },
  });
  expect(container?.volumeMounts).toContainEqual({ name: "bus", mountPath: "/etc/guildnet/bus", readOnly: true });
  expect(spec.volumes).toContainEqual({ name: "bus", configMap: { name: "bus-settings" } });
  expect(inputs("network-to-bus")["spec"]).toMatchObject({
    policyTypes: ["Egress"],
    egress: [{ ports: [{ port: 4222 }] }],
  });
  // Twice the workspace's own 4Gi, and what is beside it.
  expect(inputs("quota")["spec"]["hard"]).toMatchObject({ pods: "3", "limits.memory": "16Gi", "limits.cpu": "4500m" });
  expect(inputs("limits")["spec"]["limits"]).toMatchObject([
    { default: { memory: "4Gi" }, max: { cpu: "2", memory: "8Gi" } },
  ]);
});

test("a system's programs are on the workspace's PATH, and what runs beside it has its home and room of its own", async () => {
  const seed: WorkspaceAttachment = {
    name: "seed",
    attach: () => ({
      files: [{ name: "seed-key", folder: "/etc/guildnet/seed", from: { secret: "seed-key" } }],
      programs: [{ name: "seed-programs", image: "example.org/seed:1", paths: ["/usr/bin/rad"] }],
      companions: [
        {
          name: "seed",
          image: "example.org/seed:1",
          command: ["seed", "run"],
          environment: { SEED: "guild" },
          secretEnvironment: { PASSPHRASE: { secret: "seed-key", key: "passphrase" } },
          files: ["seed-key"],
          size: { cpu: "500m", memory: "256Mi", reserved: { cpu: "5m", memory: "32Mi" } },
        },
      ],
    }),
  };
  const all = await made({ attachments: [bus, seed] });
  const inputs = (name: string) =>
    all.find(({ urn }) => urn.endsWith(`::ada-${name}`))?.inputs as { spec: Record<string, unknown> };
  const { spec } = inputs("deployment")["spec"]["template"] as {
    spec: k8s.types.input.core.v1.PodSpec & { containers: { volumeMounts: object[] }[]; volumes: object[] };
  };
  const programs = { name: "programs", mountPath: "/opt/guildnet/bin" };
  expect(spec.initContainers).toMatchObject([
    {
      image: "example.org/seed:1",
      command: ["cp", "--", "/usr/bin/rad", "/opt/guildnet/bin"],
      volumeMounts: [programs],
    },
  ]);
  expect(spec.volumes).toContainEqual({ name: "programs", emptyDir: { sizeLimit: "1Gi" } });
  const [workspace, beside, ...others] = spec.containers;
  expect(others).toEqual([]);
  expect(workspace?.volumeMounts).toContainEqual({ ...programs, readOnly: true });
  expect(beside).toMatchObject({
    name: "seed",
    command: ["seed", "run"],
    env: [
      { name: "HOME", value: "/home/guild" },
      { name: "GUILDNET_WORKSPACE", value: "ada" },
      { name: "GUILDNET_OWNER", value: "ada" },
      { name: "SEED", value: "guild" },
      { name: "PASSPHRASE", valueFrom: { secretKeyRef: { name: "seed-key", key: "passphrase" } } },
    ],
    resources: { requests: { memory: "32Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
    securityContext: { readOnlyRootFilesystem: true },
  });
  // The bus's files are none of its.
  expect(beside?.volumeMounts).toEqual([
    { name: "home", mountPath: "/home/guild" },
    { name: "tmp", mountPath: "/tmp" },
    { name: "seed-key", mountPath: "/etc/guildnet/seed", readOnly: true },
  ]);
  // Twice 4Gi and 256Mi, as a killed pod counts until it is gone, and what is beside the pod.
  expect(inputs("quota")["spec"]["hard"]).toMatchObject({
    pods: "3",
    "limits.memory": "16896Mi",
    "limits.cpu": "5500m",
  });
});

test("what is in the smallest workspace's pod is within its limits, whatever it may use", async () => {
  const image = "example.org/large:1";
  const programs = [{ name: "large-programs", image, paths: ["/usr/bin/large"] }];
  const size = { cpu: "4", memory: "8Gi", reserved: { cpu: "5m", memory: "32Mi" } };
  const companions = [{ name: "large", image, command: ["large"], size }];
  for (const attached of [{ programs }, { programs, companions }]) {
    const all = await made({ attachments: [{ name: "large", attach: () => attached }], resources: smallest });
    const spec = <T>(name: string) => all.find(({ urn }) => urn.endsWith(`::ada-${name}`))?.inputs["spec"] as T;
    const { initContainers = [], containers } = spec<{ template: { spec: Pod } }>("deployment").template.spec;
    const [{ max }] = spec<{ limits: [{ max: Amounts }] }>("limits").limits;
    const { hard } = spec<{ hard: Record<string, string> }>("quota");
    for (const unit of ["cpu", "memory"] as const) {
      const limits = (which: Pod["containers"]) => which.map(({ resources }) => quantity(resources.limits[unit]));
      for (const limit of limits([...initContainers, ...containers]))
        expect(limit, `${unit} of a container`).toBeLessThanOrEqual(quantity(max[unit]));
      // As the API server counts a pod: what is first is not there any more when the rest is.
      const pod = Math.max(...limits(initContainers), sum(limits(containers)));
      expect(2 * pod, `${unit} of the pod and its successor`).toBeLessThanOrEqual(
        quantity(hard[`limits.${unit}`] ?? "0"),
      );
    }
  }
});

interface Amounts {
  cpu: string;
  memory: string;
}

interface Pod {
  initContainers?: Pod["containers"];
  containers: { resources: { limits: Amounts } }[];
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

test("without such a system a pod is what it was", async () => {
  const all = await made({ attachments: [bus] });
  const deployment = all.find(({ urn }) => urn.endsWith("::ada-deployment"))?.inputs as {
    spec: { template: { spec: object } };
  };
  expect(deployment.spec.template.spec).not.toHaveProperty("initContainers");
});

const KEY = Buffer.from("a key").toString("base64url");
const models = [{ name: "small", contextWindow: 8192, tools: true }];
const given = { image: "example.org/notes:1", url: "https://models", models, caCertificate: "CA CERTIFICATE" };

test.each<[string, (generation: number) => WorkspaceAttachment]>([
  ["events", (keyGeneration) => eventsAttachment(guildsBus, { admins: [], keyGeneration })],
  ["models", (tokenGeneration) => modelsAttachment({ ...given, tokenGeneration })],
  ["notes", (tokenGeneration) => notesAttachment({ ...given, tokenKey: KEY, tokenGeneration })],
  ["tools", (tokenGeneration) => toolsAttachment({ key: KEY, tokenGeneration })],
])("another generation of what %s has in a variable starts the workspace anew", async (_, attachment) => {
  const pod = async (generation: number) => {
    const all = await made({ attachments: [attachment(generation)] });
    return JSON.stringify(all.find(({ urn }) => urn.endsWith("::ada-deployment"))?.inputs);
  };
  expect(await pod(1)).toBe(await pod(1));
  expect(await pod(2)).not.toBe(await pod(1));
});

test("what an attachment makes can be otherwise, too", async () => {
  const access = { host: registryHost, identity: registryIdentity, caCertificate: "CA CERTIFICATE" };
  const all = await made({
    attachments: [
      registryAttachment(access, { transform: { "registry-authority": { data: { "more.crt": "MORE" } } } }),
    ],
    transform: { quota: { spec: { hard: { pods: "9" } } } },
  });
  const inputs = (name: string) => all.find(({ urn }) => urn.endsWith(`::ada-${name}`))?.inputs;
  expect(inputs("registry-authority")).toMatchObject({ data: { "ca.crt": "CA CERTIFICATE", "more.crt": "MORE" } });
  expect(inputs("quota")).toMatchObject({ spec: { hard: { pods: "9", persistentvolumeclaims: "1" } } });
});

test("what two attachments of a name would make is refused", async () => {
  await expect(made({ attachments: [bus, bus] })).rejects.toThrow(
    'workspace "ada": attachment "bus" is there twice: give it once',
  );
});
