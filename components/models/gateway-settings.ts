import * as pulumi from "@pulumi/pulumi";
import type { ModelServer } from "./model-server.ts";

/** Ports inside the pod. */
export const GATEWAY_PORT = 8443;
export const GATEWAY_HEALTH_PORT = 8081;
export const GATEWAY_METRICS_PORT = 9090;

/** Where the pod finds things; the program's own defaults. */
export const gatewayPaths = {
  settings: "/etc/guildnet/gateway",
  keys: "/etc/guildnet/keys",
  tls: "/etc/guildnet/tls",
  events: "/etc/guildnet/events",
};

/** A server as the gateway asks it. */
export interface GatewayServer extends ModelServer {
  /**
   * "openai": it knows all of the API, and questions are passed on as they came. "plain": it knows the older words alone, as
   * Ollama does. @default "plain"
   */
  readonly dialect?: "openai" | "plain";
  /** What it wants to be asked with; nobody but the gateway has it. @default nothing */
  readonly key?: pulumi.Input<string>;
}

/** How much a workspace may ask. */
export interface ModelLimits {
  /** Tokens of questions and answers, from midnight to midnight, UTC. @default any number */
  readonly tokensPerDay?: number;
  /** Questions that are being answered. @default 4 */
  readonly requestsAtOnce?: number;
}

export interface Rules {
  /** Of every workspace. */
  readonly limits: ModelLimits;
  /** What differs for some, by their ids. */
  readonly limitsOf: Readonly<Record<string, ModelLimits>>;
  /** The only workspaces that may ask a model, by its name. Of models that aren't named, all may. */
  readonly access: Readonly<Record<string, readonly string[]>>;
}

/** As many as a person and an agent have under way. */
const AT_ONCE = 4;

/** What the program reads at its start, as one JSON text. */
export function gatewaySettings(servers: readonly GatewayServer[], rules: Rules): pulumi.Output<string> {
  const { limits, limitsOf, access } = rules;
  const all = servers.map(({ name, url, authority, dialect = "plain", key, models }) => ({
    name,
    url,
    authority,
    dialect,
    key: key === undefined ? undefined : name,
    models: models.map((model) => ({ ...model, workspaces: access[model.name] })),
  }));
  return pulumi.output(all).apply((known) =>
    JSON.stringify({
      servers: known,
      limits: { ...limits, requestsAtOnce: limits.requestsAtOnce ?? AT_ONCE },
      limitsOf,
    }),
  );
}
