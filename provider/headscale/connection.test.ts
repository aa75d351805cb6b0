import { mkdirSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server as Listening } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Unreachable } from "../errors.ts";
import { rememberPorts } from "../node/former-ports.ts";
import { createAuthority, issueCertificate } from "../pki/x509.ts";
import { scratchHome } from "../testing/scratch.ts";
import { callServer, reached, serverSchema, type Call, type Server } from "./connection.ts";

const authority = await createAuthority("Test CA", 1);
const pair = await issueCertificate(authority, { commonName: "h", dnsNames: ["headscale.localhost"], validityDays: 1 });
const question: Call = { method: "GET", path: "/api/v1/user?name=a" };
const change: Call = {
  method: "POST",
  path: "/api/v1/preauthkey/expire",
  body: { key: "pre-auth-secret" },
  secret: "pre-auth-secret",
};

async function listen(listening: Listening): Promise<number> {
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void listening.close());
  return (listening.address() as AddressInfo).port;
}

const at = (port: number): Server => ({
  url: `https://headscale.localhost:${port}`,
  apiKey: "api-secret",
  caCertificatePem: authority.certificatePem,
});
const https = async (listener: RequestListener): Promise<Server> =>
  at(await listen(createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, listener)));

describe("a call", () => {
  test("finds a server whose port an embedded node has changed since", async () => {
    const server = await https((_request, response) => void response.end("{}")),
      hostPort = Number(new URL(server.url).port);
    const folder = join(scratchHome(), "clusters", "guildnet-dev-cluster"),
      publish = [{ hostPort, nodePort: 30092 }];
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "spec.json"), JSON.stringify({ publish }));
    await rememberPorts(folder, [{ hostPort: 9, nodePort: 30092 }, ...publish]);
    expect(await callServer({ ...server, url: "https://headscale.localhost:9" }, question, 1000)).toEqual({});
  });

  test("sends key, host and body, and returns what it is answered", async () => {
    const seen: unknown[] = [];
    const server = await https((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization, request.headers.host);
      request
        .setEncoding("utf8")
        .on("data", (part) => seen.push(part))
        .on("end", () => response.end('{"more":1}'));
    });
    expect(await callServer(server, change, 1000)).toEqual({ more: 1 });
    expect(seen).toEqual([
      "POST",
      "/api/v1/preauthkey/expire",
      "Bearer api-secret",
      new URL(server.url).host,
      '{"key":"pre-auth-secret"}',
    ]);
  });

  test("keeps the path that a server's URL has", async () => {
    const server = await https((request, response) => void response.end(JSON.stringify({ url: request.url })));
    expect(await callServer({ ...server, url: `${server.url}/mesh/` }, question, 1000)).toEqual({
      url: "/mesh/api/v1/user?name=a",
    });
  });

  test("names the server and its words, and no secret, when it is refused", async () => {
    const server = await https(
      (_request, response) =>
        void response.writeHead(500).end('{"code":2,"message":"api-secret and pre-auth-secret are odd"}'),
    );
    const error: unknown = await callServer(server, change, 1000).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "headscale-refused", status: 500, answer: "[secret] and [secret] are odd" });
    expect((error as Error).message).toBe(
      `the Headscale server ${server.url} answered 500 to POST /api/v1/preauthkey/expire: [secret] and [secret] are odd`,
    );
  });

  test("says what 401 means", async () => {
    const server = await https((_request, response) => void response.writeHead(401).end("Unauthorized"));
    await expect(callServer(server, question, 1000)).rejects.toMatchObject({
      code: "headscale-unauthorized",
      message: expect.stringContaining("its API key is expired"),
    });
  });

  test("takes no page for an answer", async () => {
    const server = await https((_request, response) => void response.end("<html>Welcome"));
    await expect(callServer(server, question, 1000)).rejects.toMatchObject({
      code: "headscale-unintelligible",
      message: expect.stringContaining("<html>Welcome"),
    });
  });

  test("trusts nobody but the authority it is given, for the name it is given, and does not try again", async () => {
    const server = await https((_request, response) => void response.end("{}"));
    const stranger = await createAuthority("Another CA", 1);
    for (const wrong of [
      { caCertificatePem: stranger.certificatePem },
      { caCertificatePem: undefined },
      { url: server.url.replace("headscale.", "other.") },
    ]) {
      await expect(callServer({ ...server, ...wrong }, question, 60_000)).rejects.toMatchObject({
        code: "headscale-untrusted",
        message: expect.stringContaining("caCertificatePem"),
      });
    }
  });
});

describe("without an answer", () => {
  test("a call ends after its time, with the server's name", async () => {
    const start = Date.now(),
      silent = await listen(createTcpServer());
    await expect(callServer(at(silent), question, 700)).rejects.toBeInstanceOf(Unreachable);
    const closed = at(await freePort());
    await expect(callServer(closed, question, 700)).rejects.toThrow(
      `the Headscale server ${closed.url} does not answer: connect ECONNREFUSED`,
    );
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test("a change is made once the server is there", async () => {
    const port = await freePort();
    const result = callServer(at(port), change, 10_000);
    const late = createServer(
      { cert: pair.certificatePem, key: pair.privateKeyPem },
      (_request, response) => void response.end("{}"),
    );
    await new Promise((resolve) => setTimeout(resolve, 400));
    await new Promise<void>((resolve) => late.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void late.close());
    expect(await result).toEqual({});
  });

  test.each<[string, Call, number]>([
    ["a question is asked again", question, 2],
    ["a change that was sent is not", change, 1],
  ])("%s", async (_what, call, times) => {
    let asked = 0;
    const server = await https((request, response) => {
      if (++asked === 1) return void request.socket.destroy();
      response.end("{}");
    });
    await callServer(server, call, 10_000).catch((error: unknown) => expect(error).toBeInstanceOf(Unreachable));
    expect(asked).toBe(times);
  });

  test("a proxy's word that the server is away counts as none", async () => {
    let asked = 0;
    const server = await https((_request, response) => void response.writeHead(++asked === 1 ? 503 : 200).end("{}"));
    expect(await callServer(server, question, 10_000)).toEqual({});
  });
});

test("names below .localhost are this machine", () => {
  expect(reached("a.b.localhost")).toEqual({ hostname: "127.0.0.1", servername: "a.b.localhost" });
  expect(reached("localhost.example.org")).toEqual({ hostname: "localhost.example.org" });
  expect(reached("[::1]")).toEqual({ hostname: "::1" });
});

test.each([
  ["http://h:8080", "url"],
  ["h:8080", "url"],
  ["https://h:8080", undefined],
])("%s as a server's URL", (url, mistake) => {
  expect(serverSchema.safeParse({ url, apiKey: "k" }).error?.issues[0]?.path[0]).toBe(mistake);
});

async function freePort(): Promise<number> {
  const listening = createTcpServer();
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  await new Promise((resolve) => listening.close(resolve));
  return port;
}
