import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { MODELS_ACCESS } from "../../../components/models/attachment.ts";
import {
  GATEWAY_HEALTH_PORT,
  GATEWAY_METRICS_PORT,
  GATEWAY_PORT,
  gatewayPaths,
  gatewaySettings,
} from "../../../components/models/gateway-settings.ts";
import { readGatewayConfig } from "./config.ts";
import { SECRET } from "./credentials.ts";
import { readSettings } from "./settings.ts";

// What the component says to the gateway, and what the gateway takes.

test("settings are found where they are looked for, and it listens where its Service and its probes ask", () => {
  const config = readGatewayConfig({});
  expect(config).toMatchObject({
    settingsFile: `${gatewayPaths.settings}/gateway.json`,
    keysDirectory: gatewayPaths.keys,
    tlsDirectory: gatewayPaths.tls,
  });
  const { port, healthPort, metricsPort } = config;
  expect([port, healthPort, metricsPort]).toEqual([GATEWAY_PORT, GATEWAY_HEALTH_PORT, GATEWAY_METRICS_PORT]);
});

test("tokens are looked up where workspaces have them", () => expect(SECRET).toBe(MODELS_ACCESS));

test("settings are what it takes", async () => {
  const url = "http://ollama.guildnet-ollama.svc:11434";
  const small = { name: "small:135m", contextWindow: 8192, tools: false };
  const pods = { app: "ollama", namespace: "guildnet-ollama", port: 11434 };
  const written = gatewaySettings(
    [
      { name: "ollama", url: pulumi.output(url), pods, models: [small] },
      { name: "openai", url: "https://api.openai.com", dialect: "openai", key: pulumi.secret("CANARY"), models: [] },
    ],
    {
      limits: { tokensPerDay: 1_000_000 },
      limitsOf: { bob: { requestsAtOnce: 1 } },
      access: { "small:135m": ["ada"] },
    },
  );
  const text = await new Promise<string>((resolve) => void written.apply(resolve));
  expect(readSettings(text)).toEqual({
    servers: [
      { name: "ollama", url, dialect: "plain", models: [{ ...small, workspaces: ["ada"] }] },
      { name: "openai", url: "https://api.openai.com", dialect: "openai", key: "openai", models: [] },
    ],
    limits: { tokensPerDay: 1_000_000, requestsAtOnce: 4 },
    limitsOf: { bob: { requestsAtOnce: 1 } },
  });
  expect(text).not.toContain("CANARY");
});
