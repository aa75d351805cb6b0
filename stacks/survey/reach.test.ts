import { createServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../../provider/pki/x509.ts";
import { parseGuild } from "../check/parse.ts";
import { minorVersion, reachCluster } from "./reach.ts";

let server: Server;
let ca = "";
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  const authority = await createAuthority("test", 1);
  const own = await issueCertificate(authority, {
    commonName: "localhost",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    validityDays: 1,
  });
  ca = authority.certificatePem;
  server = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (request, response) =>
    answer(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function settings(change: { server?: string; ca?: string; user?: object; guild?: object } = {}) {
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    "current-context": "c",
    clusters: [
      {
        name: "lab",
        cluster: {
          server: change.server ?? `https://127.0.0.1:${port}`,
          "certificate-authority-data": Buffer.from(change.ca ?? ca).toString("base64"),
        },
      },
    ],
    users: [{ name: "me", user: change.user ?? { token: "CANARY" } }],
    contexts: [{ name: "c", context: { cluster: "lab", user: "me" } }],
  });
  const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
  return {
    config: parseGuild({ cluster: { kind: "existing" }, images, ...change.guild }, { kubeconfig: true }),
    kubeconfig: pulumi.secret(kubeconfig),
  };
}

/** An API server of that version, with nothing in it. */
const version =
  (minor: string) =>
  ({ url }: IncomingMessage, response: ServerResponse) =>
    void (url?.endsWith("/version")
      ? response.end(JSON.stringify({ major: "1", minor }))
      : response.writeHead(404).end("{}"));

/** An API server with a portal's namespace. */
const cluster = (labels: object) => (request: IncomingMessage, response: ServerResponse) =>
  request.url === "/api/v1/namespaces/guildnet-portal"
    ? void response.end(JSON.stringify({ metadata: { labels } }))
    : version("33")(request, response);

describe("an existing cluster", () => {
  test("is asked for its version with the credentials of its kubeconfig", async () => {
    const seen: string[] = [];
    answer = (request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      version("33+")(request, response);
    };
    expect(await reachCluster(settings())).toMatchObject({ clusterName: "lab" });
    expect(seen[0]).toBe("/version Bearer CANARY");
  });

  test("with another guild in it is refused, naming its stack", async () => {
    answer = cluster({ "guildnet.io/stack": "guildnet.theirs" });
    await expect(reachCluster(settings())).rejects.toThrow(/guild of the stack "guildnet\.theirs"/);
  });

  test.each([
    ["this very guild", { "guildnet.io/stack": "project.stack" }],
    ["a namespace of that name by somebody else", {}],
  ])("with %s in it is joined", async (_, labels) => {
    answer = cluster(labels);
    expect(await reachCluster(settings())).toMatchObject({ clusterName: "lab" });
  });

  test.each<[string, object | undefined, boolean]>([
    ["without a guild", undefined, false],
    ["with this very guild in it", { "guildnet.io/stack": "project.stack" }, true],
  ])("%s is known by the UID of its kube-system, not by its name", async (_, labels, hasGuild) => {
    answer = (request, response) => {
      if (request.url === "/api/v1/namespaces/kube-system")
        response.end(JSON.stringify({ metadata: { uid: "uid-1" } }));
      else (labels === undefined ? version("33") : cluster(labels))(request, response);
    };
    expect(await reachCluster(settings())).toMatchObject({ clusterName: "lab", identity: "uid-1", hasGuild });
  });

  const pools = (namespace: string) => (request: IncomingMessage, response: ServerResponse) =>
    request.url === "/apis/metallb.io/v1beta1/ipaddresspools"
      ? void response.end(JSON.stringify({ items: [{ metadata: { namespace, name: "theirs" } }] }))
      : version("33")(request, response);
  const loadBalancer = { lan: "192.168.1.0/24", pools: [{ name: "public", addresses: ["192.168.1.240/29"] }] };

  test("that gives out addresses already is not to have a second one that does", async () => {
    answer = pools("metallb-system");
    await expect(reachCluster(settings({ guild: { loadBalancer } }))).rejects.toThrow(
      /^ {2}loadBalancer$[^]*pool "theirs" in the namespace metallb-system[^]*portal\.addressPool/m,
    );
    expect(await reachCluster(settings())).toMatchObject({ clusterName: "lab" });
    answer = pools("guildnet-load-balancer");
    expect(await reachCluster(settings({ guild: { loadBalancer } }))).toMatchObject({ clusterName: "lab" });
  });

  test("behind a path is asked below it", async () => {
    const seen: (string | undefined)[] = [];
    answer = (request, response) => {
      seen.push(request.url);
      version("33")(request, response);
    };
    await reachCluster(
      settings({ server: `https://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/clusters/c-1` }),
    );
    expect(seen).toEqual(
      ["version", "api/v1/namespaces/guildnet-portal", "api/v1/namespaces/kube-system"].map(
        (path) => `/k8s/clusters/c-1/${path}`,
      ),
    );
  });

  test.each<[string, () => ReturnType<typeof settings>, typeof answer, RegExp]>([
    ["too old", settings, version("29"), /version 1\.29/],
    ["not Kubernetes", settings, (_, response) => void response.end("<html>"), /no version/],
    [
      "refusing the credentials",
      settings,
      (_, response) => void response.writeHead(401).end(),
      /refused the credentials \(401\)/,
    ],
    ["not there", () => settings({ server: "https://127.0.0.1:1" }), version("33"), /ECONNREFUSED/],
    ["signed by somebody else", () => settings({ ca: "" }), version("33"), /didn't answer \(.*CERT|SIGNED|VERIFY/i],
  ])("%s is refused, naming the key and no secret", async (_, make, respond, message) => {
    answer = respond;
    const attempt = reachCluster(make());
    await expect(attempt).rejects.toThrow(/guildnet:kubeconfig/);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.not.toThrow("CANARY");
  });

  const printing = (text: string) => ({
    exec: {
      command: process.execPath,
      args: ["-e", `process.stdout.write(${JSON.stringify(text)})`],
      env: [{ name: "REGION", value: "eu" }],
    },
  });

  test("is asked with credentials that a command of its kubeconfig prints", async () => {
    const seen: (string | undefined)[] = [];
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      version("33")(request, response);
    };
    await reachCluster(settings({ user: printing('{"status":{"token":"PRINTED"}}') }));
    expect(new Set(seen)).toEqual(new Set(["Bearer PRINTED"]));
    await expect(reachCluster(settings({ user: { exec: { command: "no-such-command" } } }))).rejects.toThrow(
      /guildnet:kubeconfig[^]*"no-such-command"[^]*ENOENT/,
    );
    await expect(reachCluster(settings({ user: printing("CANARY") }))).rejects.toThrow(/printed something else/);
    await expect(reachCluster(settings({ user: printing("CANARY") }))).rejects.not.toThrow("CANARY");
  });
});

test("an embedded cluster has no kubeconfig yet", async () => {
  expect(await reachCluster({ config: parseGuild({}, { kubeconfig: false }) })).toBeUndefined();
});

test.each([
  ['{"major":"1","minor":"30"}', 30],
  ['{"major":"1","minor":"33+"}', 33],
  ['{"major":"2","minor":"0"}', undefined],
  ["{}", undefined],
  ["x", undefined],
])("%s is minor version %s", (body, minor) => {
  expect(minorVersion({ status: 200, body })).toBe(minor);
});
