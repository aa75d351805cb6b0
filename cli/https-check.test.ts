import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkHttps } from "./https-check.ts";

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterEach(() => server.close());

it("says that nothing listens, also for a name that no resolver knows", async () => {
  server.close();
  await once(server, "close");
  expect(await checkHttps(`https://no-such-name.apps.guildnet.localhost:${port}/`, "")).toEqual({
    ok: false,
    reason: "nothing listens there",
  });
});

it("does not take plain HTTP for an answer", async () => {
  expect(await checkHttps(`https://guildnet.localhost:${port}/`, "")).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/SSL|TLS|wrong version|socket hang up/i),
  });
});
