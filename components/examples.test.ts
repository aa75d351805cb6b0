import * as pulumi from "@pulumi/pulumi";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { record } from "./testing/record.ts";

const folder = new URL("../examples/", import.meta.url);
const start = process.cwd();
afterEach(() => process.chdir(start));

/** What each example is about. */
const shows: Record<string, string[]> = {
  app: ["App"],
  backup: ["EmbeddedCluster", "Storage", "Workspace", "BackupServer", "Backup"],
  certificates: ["EmbeddedCluster", "Certificates", "Portal"],
  "embedded-cluster": ["EmbeddedCluster", "Storage"],
  "existing-cluster": ["ExistingCluster"],
  "load-balancer": ["EmbeddedCluster", "LoadBalancer"],
  longhorn: ["ExistingCluster", "Longhorn", "Workspace"],
  mesh: ["EmbeddedCluster", "Portal", "MeshDns", "Headscale", "SubnetRouter"],
  "model-gateway": ["ModelGateway", "Workspace"],
  models: ["EmbeddedCluster", "Storage", "Ollama", "Model"],
  monitoring: ["EmbeddedCluster", "Storage", "EventBus", "Monitoring", "Workspace"],
  radicle: ["EmbeddedCluster", "Storage", "RadicleSeed", "Workspace", "Workspace"],
  registry: ["EmbeddedCluster", "Storage", "Registry", "Workspace"],
  scheduling: ["EmbeddedCluster", "Scheduling", "BatchSpace"],
  storage: ["EmbeddedCluster", "Storage"],
  transform: ["Workspace", "App"],
  tunnel: ["TunnelServer", "App", "Portal", "PublicTunnel"],
  "workspace-on-a-cluster": ["Workspace"],
  "whole-guild": ["EmbeddedCluster", "Storage", "Portal", "Workspace"],
};

beforeEach(() => expect(readdirSync(folder).sort()).toEqual(Object.keys(shows).sort()));

test.each(Object.entries(shows))("the example %s runs", async (name, components) => {
  process.chdir(new URL(name, folder).pathname);
  pulumi.runtime.setAllConfig({
    "project:kubeconfig": "the text of a kubeconfig",
    "project:endpoint": "https://192.0.2.1:6443",
    "project:bucketKey": "the secret of a key",
  });
  const all = await record(() => import(new URL(`${name}/index.ts`, folder).href));
  const types = all.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(components.map((component) => `guildnet:index:${component}`)));
});

test.each(Object.keys(shows))("the engine finds what the example %s is", (name) => {
  const example = new URL(`${name}/`, folder);
  const {
    main,
    plugins: { providers },
  } = parse(readFileSync(new URL("Pulumi.yaml", example), "utf8")) as {
    main: string;
    plugins: { providers: { path: string }[] };
  };
  expect([main, ...providers.map(({ path }) => path)].filter((path) => !existsSync(new URL(path, example)))).toEqual(
    [],
  );
});
