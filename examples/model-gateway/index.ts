import * as k8s from "@pulumi/kubernetes";
import { CertificateAuthority, ModelGateway, modelsAttachment, Workspace } from "../../components/index.ts"; // elsewhere: from "guildnet"

// The cluster that kubectl speaks to. Its name stays, so that new credentials replace nothing.
const provider = new k8s.Provider("cluster", { clusterIdentifier: "my-cluster", enableServerSideApply: true });
const authority = new CertificateAuthority("authority", { commonName: "Lab CA" });

/** An Ollama on a machine with a graphics card, say. */
const models = [{ name: "qwen3-coder:30b", contextWindow: 32_768, tools: true }];
const gateway = new ModelGateway(
  "gateway",
  {
    image: "registry.example.org/portal:1", // built from images/portal
    servers: [{ name: "lab", url: "http://192.168.1.20:11434", models }],
    authority,
    endpoint: "https://192.168.1.10:6443",
    limits: { tokensPerDay: 2_000_000 },
  },
  { provider },
);

/** In it, `codex` asks that model at once. */
new Workspace(
  "ada",
  {
    owner: "ada",
    image: "registry.example.org/workspace:1", // built from images/workspace
    attachments: [modelsAttachment({ url: gateway.url, caCertificate: gateway.caCertificate, models })],
  },
  { provider },
);

export const url = gateway.url;
