import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readAlertsConfig } from "./config.ts";
import { gathers, isWell } from "./wellness.ts";

/** Answers as VictoriaMetrics does. */
async function metrics(result: unknown, status = 200): Promise<string> {
  const server = createServer((request, response) => {
    const known = ["/health", "/api/v1/query"].includes(request.url?.split("?", 1)[0] ?? "");
    response
      .writeHead(known ? status : 404)
      .end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("figures arrive where a node's do", async () => {
  expect(await gathers(await metrics([{ metric: {}, value: [1, "1"] }]))).toEqual({ ready: true, reason: "ok" });
  expect(await gathers(await metrics([]))).toEqual({ ready: false, reason: "no figures of any node arrive" });
  expect((await gathers("http://127.0.0.1:1")).ready).toBe(false);
});

test("a program is well that says so", async () => {
  expect((await isWell(await metrics([]))).ready).toBe(true);
  expect((await isWell(await metrics([], 503))).reason).toContain("answers 503");
  expect((await isWell("http://127.0.0.1:1")).ready).toBe(false);
});

test("settings that are wrong are named", () => {
  expect(readAlertsConfig({})).toMatchObject({ port: 9093, eventsFolder: undefined });
  expect(() => readAlertsConfig({ GUILDNET_ALERTS_PORT: "x", GUILDNET_METRICS_URL: "y" })).toThrow(
    /GUILDNET_ALERTS_PORT[^]*GUILDNET_METRICS_URL/,
  );
});
