import * as pulumi from "@pulumi/pulumi";
import type { ModelServer, ServedModel } from "./model-server.ts";
import type { ModelSpec } from "./model-spec.ts";
import { served } from "./ollama.ts";
import { serverModels } from "./server-models.ts";

export interface ExistingOllamaArgs {
  /** Where this machine and the cluster reach it, such as "http://192.168.1.20:11434". */
  url: pulumi.Input<string>;
  /** The authority that signed its certificate, PEM. @default the authorities that each machine trusts */
  caCertificate?: pulumi.Input<string>;
  /** What it shall have; what is missing is made there. The first is what is asked where nobody says which. */
  models: readonly ModelSpec[];
}

/**
 * An Ollama server that is there already, on a machine with a graphics card for instance. Models that it lacks are made there,
 * and stay when this is removed: others may use them.
 */
export class ExistingOllama extends pulumi.ComponentResource implements ModelServer {
  readonly name: string;
  declare readonly url: pulumi.Output<string>;
  declare readonly authority: pulumi.Output<string> | undefined;
  readonly models: readonly ServedModel[];

  constructor(name: string, args: ExistingOllamaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:ExistingOllama", name, {}, opts);
    this.name = name;
    this.url = pulumi.output(args.url).apply((url) => url.replace(/\/+$/, ""));
    this.authority = args.caCertificate === undefined ? undefined : pulumi.output(args.caCertificate);
    this.models = args.models.map(served);
    serverModels(
      name,
      { server: { url: this.url, caCertificatePem: args.caCertificate }, models: args.models },
      { parent: this, retainOnDelete: true },
    );
    this.registerOutputs({ url: this.url });
  }
}
