import { ModelGateway, modelGatewayFigures, modelGatewayHost, modelsAttachment } from "../../../components/index.ts";
import type { EventBusAccess, GatewayServer, ModelServer, ModelServers } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Ground, Layer, Secrets, Wants } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { CertificatesGives } from "../certificates/layer.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ModelsKeys } from "../models/schema.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import { codexKeys } from "./codex-schema.ts";
import type { CodexKeys } from "./codex-schema.ts";
import { allowedServers, mcpTokens } from "./mcp-servers.ts";
import { modelGatewayMistakes } from "./rules.ts";
import { modelGatewayKeys } from "./schema.ts";
import type { ModelGatewayKeys } from "./schema.ts";

type Reads = ModelGatewayKeys & CodexKeys & ModelsKeys & WorkspacesKeys;
/** Where there is an event bus. */
type MayNeed = { events?: EventBusAccess | undefined };
type Needs = MayNeed &
  AuthorityGives &
  ClusterGives &
  SchedulingGives &
  CertificatesGives &
  PortalGives &
  ModelServers &
  Pick<Ground, "mcpServers">;

export const modelGateway = system({
  keys: { ...modelGatewayKeys, ...codexKeys },
  secrets: ["modelKey", "mcpTokens"],
  rules: modelGatewayMistakes,
  wants: modelGatewayWants,
  layer: modelGatewayLayer,
});

/** Signed for without one as well: the authority is then the same when there is one. */
function modelGatewayWants(_config: Reads): Partial<Wants> {
  return { dnsNames: [modelGatewayHost] };
}

function modelGatewayLayer(
  config: Reads,
  { access: cluster, authority, certificates, classes, events, mcpServers, modelServers, opts, portalImage }: Needs,
  { modelKey, mcpTokens: tokens }: Secrets<"modelKey" | "mcpTokens">,
): Layer<object, object> {
  const { networks, tokensPerDay, requestsAtOnce, limits, access, tokenGeneration } = config.modelGateway;
  const servers = [...modelServers.map((server) => ownServer(config, server)), ...outsideServers(config, modelKey)];
  if (servers.length === 0) return { gives: {}, outputs: {} };
  const gateway = new ModelGateway(
    "model-gateway",
    {
      image: portalImage,
      servers,
      networks,
      authority,
      issuer: certificates?.own,
      endpoint: cluster.endpoint,
      limits: { tokensPerDay, requestsAtOnce },
      limitsOf: limits,
      access,
      events,
      priorityClass: classes.platform,
    },
    opts,
  );
  const { models, known } = asked(config, servers);
  return {
    gives: {},
    outputs: {},
    figures: [{ ...modelGatewayFigures, component: gateway }],
    attachments: [
      modelsAttachment({
        url: gateway.url,
        caCertificate: authority.certificatePem,
        models,
        known,
        mcpServers: allowedServers(mcpServers, config.codex.mcpServers),
        mcpTokens: mcpTokens(config.codex.mcpServers, tokens),
        otherMcpServers: config.codex.otherMcpServers,
        tokenGeneration,
      }),
    ],
  };
}

/** The guild's own. Of one that is there already the config has the address in plain, and a policy is made of that. */
function ownServer({ models }: ModelsKeys, server: ModelServer): GatewayServer {
  const { name, authority, pods, models: served } = server;
  const url = models?.server.kind === "existing" ? models.server.url.replace(/\/+$/, "") : server.url;
  return { name, url, authority, pods, models: served };
}

function outsideServers(
  { modelGateway: { servers } }: ModelGatewayKeys,
  key: Secrets<"modelKey">["modelKey"],
): GatewayServer[] {
  return servers.map(({ caCertificate, key: wanted, ...server }) => ({
    ...server,
    authority: caCertificate,
    key: wanted ? key : undefined,
  }));
}

/** All models, that first which Codex asks where nobody says which. */
function asked({ codex }: CodexKeys, servers: readonly GatewayServer[]) {
  const all = servers.flatMap(({ dialect, models }) => models.map((model) => ({ model, known: dialect === "openai" })));
  const first = all.find(({ model }) => model.name === codex.model) ?? all[0];
  return {
    models: [...new Set([first, ...all].flatMap((each) => each?.model ?? []))],
    known: first?.known ?? false,
  };
}
