import type * as pulumi from "@pulumi/pulumi";

/** A language model, as those who ask it need to know it. */
export interface ServedModel {
  /** What it is asked for by, for instance "qwen3-coder:30b". */
  readonly name: string;
  /** Tokens of a question and its answer together. */
  readonly contextWindow: number;
  /** Whether it can be offered functions to call. A model whose template doesn't name them refuses the whole question. */
  readonly tools: boolean;
  /** What it is asked with where a question doesn't say. Ollama takes 1 for `/v1/responses` then, whatever the model's own is. @default the server's */
  readonly temperature?: number;
}

/**
 * A server that answers OpenAI's API below `<url>/v1`. `Ollama` satisfies it, and so does a plain
 * object for one that somebody else runs. It asks nobody who they are: the gateway does that, and
 * is the only one that reaches it.
 */
export interface ModelServer {
  /** Of this list of servers. */
  readonly name: string;
  /** Without `/v1` and without a slash at its end. */
  readonly url: pulumi.Input<string>;
  /** PEM of the authority to trust there. @default every machine's own; needless where the URL is plain HTTP */
  readonly authority?: pulumi.Input<string>;
  /** Where its pods are, for the policy that lets the gateway out to them. @default outside of the cluster */
  readonly pods?: { readonly app: string; readonly namespace: string; readonly port: number };
  readonly models: readonly ServedModel[];
}

/** Who the gateway is inside a cluster. A fixed name, so that a server lets it in before it is there. */
export const modelGatewayIdentity = { app: "model-gateway", namespace: "guildnet-models" } as const;

/** What the system `models` gives to the gateway after it. */
export interface ModelServers {
  /** In the order of the config, the first model of the first being what is asked where nobody says which; empty where the guild has none. */
  readonly modelServers: readonly ModelServer[];
}
