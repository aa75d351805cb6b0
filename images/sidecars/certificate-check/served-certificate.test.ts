import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { healthServer } from "../../pod/health.ts";
import { testCertificate } from "../../pod/testing/certificates.ts";
import { readCertificate } from "../../pod/tls.ts";
import { servedCertificate } from "./served-certificate.ts";

async function served() {
  const certificate = await testCertificate(["localhost"]);
  onTestFinished(() => certificate.remove());
  const server = createServer(await readCertificate(certificate.directory)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { certificate, server, port: (server.address() as AddressInfo).port };
}

test("a server is well while it serves what is mounted, and not once that is renewed", async () => {
  const { certificate, server, port } = await served();
  expect(await servedCertificate(certificate.directory, port)).toEqual({ ready: true, reason: "ok" });
  await certificate.renew();
  expect(await servedCertificate(certificate.directory, port)).toEqual({
    ready: false,
    reason: "another certificate is served than the one that is mounted",
  });
  server.setSecureContext(await readCertificate(certificate.directory));
  expect((await servedCertificate(certificate.directory, port)).ready).toBe(true);
});

test("a server is not well when it does not answer", async () => {
  const { certificate, server, port } = await served();
  server.close();
  await once(server, "close");
  expect(await servedCertificate(certificate.directory, port)).toMatchObject({
    ready: false,
    reason: expect.stringContaining(`no TLS at port ${port}`),
  });
});

test("a certificate that can't be read stops no server", async () => {
  const { certificate, port } = await served();
  await writeFile(join(certificate.directory, "tls.crt"), "half of a cert");
  expect((await servedCertificate(certificate.directory, port)).ready).toBe(true);
});

test("the kubelet is told by status", async () => {
  const { certificate, port } = await served();
  const health = healthServer(() => ({ ready: true, reason: "ok" }), {
    "/certificate": () => servedCertificate(certificate.directory, port),
  });
  health.listen(0, "127.0.0.1");
  await once(health, "listening");
  onTestFinished(() => void health.close());
  expect(await statusOf(health, "/certificate")).toBe(200);
  await certificate.renew();
  expect(await statusOf(health, "/certificate")).toBe(503);
  expect(await statusOf(health, "/healthz")).toBe(200);
  expect(await statusOf(health, "/toString")).toBe(404);
});

function statusOf(server: Server | ReturnType<typeof healthServer>, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", reject);
  });
}
