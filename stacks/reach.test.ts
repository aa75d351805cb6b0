import { createServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../provider/pki/x509.ts";
import { parseGuild } from "./parse.ts";
import { minorVersion, reachCluster } from "./reach.ts";

let server: Server;
let ca = "";
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  const authority = await createAuthority("test", 1);
  const own = await issueCertificate(authority, { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], validityDays: 1 });
  ca = authority.certificatePem;
  server = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function settings(change: { server?: string; ca?: string; user?: object } = {}) {
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    "current-context": "c",
    clusters: [{ name: "lab", cluster: { server: change.server ?? `https://127.0.0.1:${port}`, "certificate-authority-data": Buffer.from(change.ca ?? ca).toString("base64") } }],
    users: [{ name: "me", user: change.user ?? { token: "CANARY" } }],
    contexts: [{ name: "c", context: { cluster: "lab", user: "me" } }],
  });
  const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
  return { config: parseGuild({ cluster: { kind: "existing" }, images }, { kubeconfig: true }), kubeconfig: pulumi.secret(kubeconfig) };
}

const version = (minor: string) => (_: IncomingMessage, response: ServerResponse) => void response.end(JSON.stringify({ major: "1", minor }));

describe("an existing cluster", () => {
  test("is asked for its version with the credentials of its kubeconfig", async () => {
    let seen: string | undefined;
    answer = (request, response) => {
      seen = `${request.url} ${request.headers.authorization}`;
      version("33+")(request, response);
    };
    expect(await reachCluster(settings())).toMatchObject({ clusterName: "lab" });
    expect(seen).toBe("/version Bearer CANARY");
  });

  test("behind a path is asked below it", async () => {
    let seen: string | undefined;
    answer = (request, response) => {
      seen = request.url;
      version("33")(request, response);
    };
    await reachCluster(settings({ server: `https://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/clusters/c-1` }));
    expect(seen).toBe("/k8s/clusters/c-1/version");
  });

  test.each<[string, () => ReturnType<typeof settings>, typeof answer, RegExp]>([
    ["too old", settings, version("29"), /version 1\.29/],
    ["not Kubernetes", settings, (_, response) => void response.end("<html>"), /no version/],
    ["refusing the credentials", settings, (_, response) => void response.writeHead(401).end(), /refused the credentials \(401\)/],
    ["not there", () => settings({ server: "https://127.0.0.1:1" }), version("33"), /ECONNREFUSED/],
    ["signed by somebody else", () => settings({ ca: "" }), version("33"), /didn't answer \(.*CERT|SIGNED|VERIFY/i],
  ])("%s is refused, naming the key and no secret", async (_, make, respond, message) => {
    answer = respond;
    const attempt = reachCluster(make());
    await expect(attempt).rejects.toThrow(/guildnet:kubeconfig/);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.not.toThrow("CANARY");
  });

  test("whose credentials come from a command is not asked", async () => {
    answer = () => expect.unreachable();
    expect(await reachCluster(settings({ user: { exec: { command: "aws" } } }))).toMatchObject({ credentials: { exec: "aws" } });
  });
});

test("an embedded cluster has no kubeconfig yet", async () => {
  expect(await reachCluster({ config: parseGuild({}, { kubeconfig: false }) })).toBeUndefined();
});

test.each([['{"major":"1","minor":"30"}', 30], ['{"major":"1","minor":"33+"}', 33], ['{"major":"2","minor":"0"}', undefined], ["{}", undefined], ["x", undefined]])("%s is minor version %s", (body, minor) => {
  expect(minorVersion({ status: 200, body })).toBe(minor);
});
