import { z } from "zod";
import { WORKSPACE_ID } from "../../../components/index.ts";
import { cidr } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const workspaceId = z.string().regex(WORKSPACE_ID, "a workspace's name");
const modelName = z.string().min(1);

const limits = {
  tokensPerDay: z
    .int()
    .min(1)
    .optional()
    .describe("Tokens of a workspace's questions and answers, from midnight to midnight, UTC. Default: any number."),
  requestsAtOnce: z.int().min(1).max(100).describe("Questions of a workspace that are being answered at once."),
};

const server = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower case letters, digits and "-", for instance "openai"')
    .describe("What people are told of it. No default."),
  url: z
    .url({ protocol: /^https?$/, error: 'an address without /v1, for instance "https://api.openai.com"' })
    .refine(
      (url) => !url.endsWith("/") && !url.endsWith("/v1"),
      "an address without /v1 and without a slash at its end",
    )
    .describe("Where it answers OpenAI's API, below /v1. No default."),
  caCertificate: z
    .string()
    .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
    .optional()
    .describe("Authority that signed its certificate, PEM. Default: one the system knows."),
  dialect: z
    .enum(["openai", "plain"])
    .default("plain")
    .describe('"openai" where it is OpenAI itself; "plain" for Ollama, vLLM, llama.cpp and others.'),
  key: z
    .boolean()
    .default(false)
    .describe("Whether it is asked with the secret guildnet:modelKey, which nobody else has."),
  models: z
    .array(
      z.strictObject({
        name: modelName.describe("What it is asked for by. No default."),
        contextWindow: z.int().min(1024).describe("Tokens of a question and its answer together. No default."),
        tools: z.boolean().default(true).describe("Whether it can be offered functions to call."),
      }),
    )
    .min(1)
    .describe("The models of it that may be asked. No default."),
});

export const modelGatewayKeys = {
  modelGateway: z
    .strictObject({
      servers: z
        .array(server)
        .default([])
        .describe(
          "Servers that are asked beside the guild's own, for instance OpenAI. Their models come after those of models.list.",
        ),
      networks: z
        .array(cidr)
        .default([])
        .describe("Private networks that such servers are in, where they are called by a name."),
      tokensPerDay: limits.tokensPerDay,
      requestsAtOnce: limits.requestsAtOnce.default(4),
      limits: z
        .record(
          workspaceId,
          z.strictObject({
            ...limits,
            requestsAtOnce: limits.requestsAtOnce
              .optional()
              .describe("Questions of it that are being answered at once. Default: as of all."),
          }),
        )
        .default({})
        .describe("What differs for some workspaces, by their names."),
      access: z
        .record(modelName, z.array(workspaceId))
        .default({})
        .describe("The only workspaces that may ask a model, by the model's name. Default: all may ask all."),
      tokenGeneration: z
        .int()
        .min(1)
        .max(900)
        .default(1)
        .describe(
          "Raising it gives every workspace another token, and ends the old ones; workspaces start anew for it.",
        ),
    })
    .prefault({})
    .describe("The one address at which workspaces ask models. It is there as soon as there is a model."),
};

export type ModelGatewayKeys = Told<typeof modelGatewayKeys>;
export type OutsideServer = ModelGatewayKeys["modelGateway"]["servers"][number];
