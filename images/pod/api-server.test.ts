import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ownApiServer } from "./api-server.ts";
import { testCertificate } from "./testing/certificates.ts";
import { readCertificate } from "./tls.ts";

/** An API server as a pod finds it, and the folder with what a pod knows of it. */
async function inPod(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const { directory, certificate, remove } = await testCertificate(["localhost"]);
  onTestFinished(remove);
  await writeFile(join(directory, "ca.crt"), certificate);
  const token = (text: string) => writeFile(join(directory, "token"), `${text}\n`);
  await token("first");
  const server = createServer(await readCertificate(directory), answer).listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const env = { KUBERNETES_SERVICE_HOST: "localhost", KUBERNETES_SERVICE_PORT: String(port) };
  return { api: ownApiServer(env, directory), directory, token };
}

test("an object is read as the pod's account, whose token is renewed meanwhile", async () => {
  const asked: unknown[] = [];
  const { api, token } = await inPod(({ url, headers }, response) => {
    asked.push([url, headers.authorization]);
    response.end(JSON.stringify({ kind: "Secret" }));
  });
  expect(await api.read("/api/v1/one")).toEqual({ kind: "Secret" });
  await token("second");
  await api.read("/api/v1/two");
  expect(asked).toEqual([
    ["/api/v1/one", "Bearer first"],
    ["/api/v1/two", "Bearer second"],
  ]);
});

test.each([404, 403])("what is answered by %i is not there for it", async (status) => {
  const { api } = await inPod((_, response) => response.writeHead(status).end("{}"));
  expect(await api.read("/api/v1/one")).toBeUndefined();
});

test("an answer that is none says no more than its number", async () => {
  const { api } = await inPod((_, response) => response.writeHead(500).end("CANARY"));
  await expect(api.read("/api/v1/one")).rejects.toThrow(/^the API server answered 500$/);
});

test("nobody is believed but whom the cluster's authority knows", async () => {
  const { api, directory } = await inPod((_, response) => response.end("{}"));
  const stranger = await testCertificate(["localhost"]);
  onTestFinished(stranger.remove);
  await writeFile(join(directory, "ca.crt"), stranger.certificate);
  await expect(api.read("/api/v1/one")).rejects.toThrow(/certificate/);
});

test("outside of a pod it says so", () => {
  expect(() => ownApiServer({})).toThrow("KUBERNETES_SERVICE_HOST");
});
