import { describe, expect, test } from "vitest";
import { modelGatewayHost, modelsAttachment, Workspace } from "../index.ts";
import type { ModelsAttachmentArgs } from "../index.ts";
import { record } from "../testing/record.ts";

const url = `https://${modelGatewayHost}/v1`;
const plain: ModelsAttachmentArgs = {
  url,
  caCertificate: "CA CERTIFICATE",
  models: [{ name: "small", contextWindow: 8192, tools: true }],
};

async function made(args: Partial<ModelsAttachmentArgs> = {}, environment: Record<string, string> = {}) {
  const attachments = [modelsAttachment({ ...plain, ...args })];
  const all = await record(
    () => new Workspace("ada", { owner: "ada", image: "example.org/workspace:1", attachments, environment }),
  );
  const of = <T>(name: string) => all.find((each) => each.name === `ada-${name}`)?.inputs as T;
  type Pod = { spec: { template: { spec: { containers: { env: { name: string }[]; volumeMounts: object[] }[] } } } };
  const [container] = of<Pod>("deployment").spec.template.spec.containers;
  return { of, container, variables: Object.fromEntries((container?.env ?? []).map((each) => [each.name, each])) };
}

describe("a workspace that may ask models", () => {
  test("has address and token where programs look for them, the token from a Secret", async () => {
    const { variables, of } = await made();
    expect(variables["OPENAI_BASE_URL"]).toEqual({ name: "OPENAI_BASE_URL", value: url });
    expect(variables["OPENAI_API_KEY"]).toEqual({
      name: "OPENAI_API_KEY",
      valueFrom: { secretKeyRef: { name: "models-access", key: "password" } },
    });
    // It says whose it is.
    expect(of("models-access")).toMatchObject({
      stringData: { secret: { password: "ada.random of ada-models-token" } },
    });
  });

  test("has a person's own instead, where there are any", async () => {
    const own = { OPENAI_API_KEY: "sk-own", OPENAI_BASE_URL: "https://api.openai.com/v1" };
    const { variables } = await made({}, own);
    for (const [name, value] of Object.entries(own)) expect(variables[name]).toEqual({ name, value });
    expect(variables["GUILDNET_MODELS"]).toEqual({ name: "GUILDNET_MODELS", value: url });
    // Codex asks the gateway all the same, and sends it no key of theirs.
    expect(variables["GUILDNET_MODELS_TOKEN"]).toHaveProperty("valueFrom");
  });

  test("lets the gateway read that one Secret, and nothing else", async () => {
    const { of } = await made();
    expect(of("models-role")).toMatchObject({
      rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["models-access"], verbs: ["get"] }],
    });
    expect(of("models-binding")).toMatchObject({
      subjects: [{ kind: "ServiceAccount", name: "model-gateway", namespace: "guildnet-models" }],
    });
  });

  test("reaches the gateway and no server of models", async () => {
    expect((await made()).of("network-to-models")).toMatchObject({
      spec: {
        policyTypes: ["Egress"],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "guildnet-models" } },
                podSelector: { matchLabels: { "app.kubernetes.io/name": "model-gateway" } },
              },
            ],
            ports: [{ port: 8443 }],
          },
        ],
      },
    });
  });

  test("has Codex's settings in the place of the image's, and the authority beside those of the system", async () => {
    const { container, of, variables } = await made();
    expect(container?.volumeMounts).toContainEqual({ name: "models-codex", mountPath: "/etc/codex", readOnly: true });
    expect(Object.keys(of<{ data: object }>("models-codex").data)).toEqual([
      "config.toml",
      "models.json",
      "requirements.toml",
    ]);
    expect(variables["SSL_CERT_DIR"]).toMatchObject({ value: "/etc/ssl/certs:/etc/guildnet/models" });
    expect(of("models-authority")).toMatchObject({ data: { "ca.crt": "CA CERTIFICATE" } });
  });

  test("gets another token, and starts anew for it, where the number is raised", async () => {
    const bytes = (all: Awaited<ReturnType<typeof made>>) => all.of<{ bytes: number }>("models-token").bytes;
    const [before, after] = [await made(), await made({ tokenGeneration: 2 })];
    expect([bytes(before), bytes(after)]).toEqual([32, 33]);
    expect(after.variables["GUILDNET_MODELS_GENERATION"]).not.toEqual(before.variables["GUILDNET_MODELS_GENERATION"]);
  });
});
