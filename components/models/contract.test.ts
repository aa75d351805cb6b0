import * as pulumi from "@pulumi/pulumi";
import {
  attachedToWorkspace,
  bus,
  busChildren,
  core,
  guildAuthority,
  issued,
  issuer,
  policy,
  rbac,
} from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { modelsAttachment } from "./attachment.ts";
import { ExistingOllama } from "./existing-ollama.ts";
import { ModelGateway, modelGatewayHost } from "./gateway.ts";
import { smallModel } from "./model-spec.ts";
import { OllamaOnHost } from "./ollama-on-host.ts";
import { Ollama } from "./ollama.ts";

const gatewayChildren = [
  core("Namespace", "namespace"),
  core("ServiceAccount", "account"),
  core("ConfigMap", "settings"),
  ...["deny-all", "from-workspaces", "to-dns", "to-api-server", "to-models"].map(policy),
  "kubernetes:apps/v1:Deployment deployment",
  core("Service", "service"),
];

holdsToContract([
  {
    component: "ModelGateway",
    make: (on, transform) =>
      new ModelGateway(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          servers: [
            {
              name: "ollama",
              url: "http://ollama.guildnet-ollama.svc:11434",
              pods: { app: "ollama", namespace: "guildnet-ollama", port: 11434 },
              models: [{ name: "small", contextWindow: 8192, tools: true }],
            },
          ],
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
        },
        { provider: on() },
      ),
    children: [...gatewayChildren, "guildnet:index:Certificate certificate", core("Secret", "tls")],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CA KEY", "KEY"],
  },
  {
    component: "ModelGateway",
    make: (on, transform) =>
      new ModelGateway(
        "it",
        {
          transform,
          image: "example.org/portal:1",
          servers: [{ name: "openai", url: "https://api.openai.com", dialect: "openai", key: "CANARY", models: [] }],
          endpoint: "https://10.0.0.1:6443",
          authority: guildAuthority,
          issuer,
          events: bus,
        },
        { provider: on() },
      ),
    children: [
      ...gatewayChildren,
      core("Secret", "keys"),
      policy("to-internet"),
      issued("certificate"),
      ...busChildren,
    ],
    outputs: ["url", "caCertificate"],
    secret: [],
    canaries: ["CANARY", "credentials of it-events-identity", "SYSTEM CREDENTIALS", "OPERATOR SEED"],
  },
  {
    component: "Ollama",
    make: (on, transform) =>
      new Ollama(
        "it",
        {
          transform,
          image: "example.org/ollama:1",
          cluster: { kubeconfig: pulumi.secret("CANARY") },
          models: [smallModel, { name: "qwen3:8b", contextWindow: 32_768, tools: true }],
          proxy: { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"], credentials: "PASSWORD" },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      policy("deny-all"),
      policy("from-gateway"),
      policy("to-dns"),
      policy("to-internet"),
      policy("to-proxy"),
      core("ServiceAccount", "account"),
      core("PersistentVolumeClaim", "models"),
      core("Secret", "proxy"),
      "kubernetes:apps/v1:Deployment deployment",
      core("Service", "service"),
      "guildnet:index:Model model-smollm2-135m",
      "guildnet:index:Model model-qwen3-8b",
    ],
    outputs: ["url"],
    secret: [],
    canaries: ["CANARY", "PASSWORD"],
  },
  {
    component: "ExistingOllama",
    make: () => new ExistingOllama("it", { url: "http://192.0.2.20:11434/", models: [smallModel] }),
    children: ["guildnet:index:Model model-smollm2-135m"],
    outputs: ["url"],
    secret: [],
    canaries: [],
  },
  {
    component: "OllamaOnHost",
    make: (_, transform) =>
      new OllamaOnHost("it", {
        transform,
        host: "ssh://root@192.0.2.20",
        address: "192.0.2.20",
        models: [smallModel],
      }),
    children: [
      "pulumi:providers:docker docker",
      "docker:index/remoteImage:RemoteImage image",
      "docker:index/volume:Volume models",
      "docker:index/container:Container container",
      "guildnet:index:Model model-smollm2-135m",
    ],
    outputs: ["url"],
    secret: [],
    canaries: [],
  },
  attachedToWorkspace(
    () =>
      modelsAttachment({
        url: `https://${modelGatewayHost}/v1`,
        caCertificate: "CA CERTIFICATE",
        models: [{ name: "small", contextWindow: 8192, tools: true }],
        mcpServers: { search: { url: "https://search.example.org/mcp" } },
        mcpTokens: { search: "TOOLS TOKEN" },
      }),
    {
      attached: "Models",
      children: [
        "guildnet:index:RandomSecret models-token",
        core("Secret", "models-access"),
        core("Secret", "models-mcp-tokens"),
        core("ConfigMap", "models-authority"),
        core("ConfigMap", "models-codex"),
        rbac("Role", "models-role"),
        rbac("RoleBinding", "models-binding"),
        policy("to-models"),
      ],
      canaries: ["random of it-models-token", "TOOLS TOKEN"],
    },
  ),
]);
