import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseKubeconfig, readKubeconfig } from "./kubeconfig.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  for (const [name, content] of Object.entries({
    "ca.pem": "CA",
    "cert.pem": "CERT",
    "key.pem": "KEY",
    token: "TOKEN\n",
  }))
    writeFileSync(join(folder, name), content);
});
afterAll(() => rmSync(folder, { recursive: true }));

function config(change: { cluster?: object; user?: object; current?: string } = {}): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": change.current ?? "lab",
    clusters: [{ name: "machines", cluster: { server: "https://192.0.2.1:6443", ...change.cluster } }],
    users: [{ name: "me", user: { token: "CANARY", ...change.user } }],
    contexts: [
      { name: "lab", context: { cluster: "machines", user: "me" } },
      { name: "lost", context: { cluster: "gone", user: "me" } },
    ],
  });
}

const parse = (text: string, context?: string) => parseKubeconfig(text, "cluster.kubeconfigPath", folder, context);

describe("a kubeconfig", () => {
  test("is reduced to one context", () => {
    const found = parse(config());
    expect(found).toMatchObject({
      server: "https://192.0.2.1:6443",
      clusterName: "machines",
      credentials: { token: "CANARY", skipVerify: false },
    });
    expect(JSON.parse(found.text)).toMatchObject({
      "current-context": "guildnet",
      contexts: [{ name: "guildnet", context: { cluster: "machines", user: "me" } }],
    });
  });

  test("carries the files it names inside it", () => {
    const found = parse(
      config({
        cluster: { "certificate-authority": "ca.pem" },
        user: {
          token: undefined,
          tokenFile: "token",
          "client-certificate": "cert.pem",
          "client-key": join(folder, "key.pem"),
        },
      }),
    );
    expect(found.credentials).toMatchObject({
      ca: "CA",
      token: "TOKEN",
      clientCertificate: { cert: "CERT", key: "KEY" },
    });
    expect(found.text).not.toMatch(/\.pem|tokenFile/);
    // What it holds stands on its own.
    expect(parseKubeconfig(found.text, "guildnet:kubeconfig", "/nowhere").credentials).toEqual(found.credentials);
  });

  test("may leave credentials to a command", () => {
    expect(
      parse(
        config({
          user: {
            token: undefined,
            exec: { command: "aws", apiVersion: "client.authentication.k8s.io/v1", args: null },
          },
        }),
      ).credentials.exec,
    ).toMatchObject({ command: "aws", args: [], env: [] });
    expect(parse(config({ user: { token: undefined, exec: { command: "./aws" } } })).credentials.exec?.command).toBe(
      join(folder, "aws"),
    );
  });
});

describe("a kubeconfig that is wrong", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["no YAML", () => parse("a: [CANARY"), /cluster\.kubeconfigPath[^]*YAML or JSON/],
    ["something else", () => parse("clusters: CANARY"), /a kubeconfig[^]*clusters/],
    ["without the context", () => parse(config(), "work"), /cluster\.context[^]*"work"[^]*lab, lost/],
    ["without a current context", () => parse(config({ current: "" })), /cluster\.context/],
    ["without the context's cluster", () => parse(config(), "lost"), /add cluster "gone"/],
    ["with a server that is no URL", () => parse(config({ cluster: { server: "here" } })), /server/],
    ["with a file that isn't there", () => parse(config({ user: { tokenFile: "missing" } })), /"missing"[^]*ENOENT/],
    ["not there itself", () => readKubeconfig(join(folder, "missing")), /cluster\.kubeconfigPath[^]*ENOENT/],
  ])("%s is told by key, without its text", (_, attempt, message) => {
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      expect(String(error)).not.toContain("CANARY");
    }
  });
});
