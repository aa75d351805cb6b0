import * as pulumi from "@pulumi/pulumi";
import { transformed } from "../kube/transform.ts";
import { control, preAuthKey } from "./headscale-control.ts";
import type { KeySource } from "./headscale-control.ts";
import type { AuthKeyRequest, HostAlias, Mesh } from "./mesh.ts";
import type { MeshPolicy } from "./policy.ts";

export interface ExistingHeadscaleArgs {
  /** URL that clients log in at. */
  url: pulumi.Input<string>;
  /** URL of its API, where that is another. @default `url` */
  apiUrl?: pulumi.Input<string>;
  /** API key, from `headscale apikeys create`. Kept secret. */
  apiKey: pulumi.Input<string>;
  /** Domain of the devices' names, `dns.base_domain` of its settings. */
  baseDomain: pulumi.Input<string>;
  /** PEM of the authority that signed its certificate. @default the system's authorities */
  caCertificatePem?: pulumi.Input<string>;
  /** How pods find it where no DNS of theirs knows its name. @default their DNS does */
  hostAliases?: readonly HostAlias[];
  /** Handles of the people who may have devices; users of these names must not be there yet. @default nobody but the guild itself */
  people?: readonly string[];
  /** Its whole policy from now on. @default it is left as it is */
  policy?: pulumi.Input<MeshPolicy>;
}

/** A Headscale server, 0.27 or newer, that somebody else keeps. Its settings file is out of reach: names on the mesh are for its keeper to add. */
export class ExistingHeadscale extends pulumi.ComponentResource implements Mesh {
  readonly kind = "existing";
  readonly loginServer: pulumi.Output<string>;
  readonly baseDomain: pulumi.Output<string>;
  readonly caCertificate?: pulumi.Input<string>;
  readonly hostAliases?: readonly HostAlias[];
  private readonly keys: KeySource;

  constructor(name: string, args: ExistingHeadscaleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:ExistingHeadscale", name, {}, transformed(name, undefined, opts));
    this.loginServer = pulumi.output(args.url);
    this.baseDomain = pulumi.output(args.baseDomain);
    this.caCertificate = args.caCertificatePem;
    this.hostAliases = args.hostAliases;
    const server = {
      url: args.apiUrl ?? args.url,
      apiKey: pulumi.secret(args.apiKey),
      caCertificatePem: args.caCertificatePem,
    };
    this.keys = control(name, { server, people: args.people ?? [], policy: args.policy }, this);
    this.registerOutputs({ loginServer: this.loginServer, baseDomain: this.baseDomain });
  }

  authKey(name: string, request: AuthKeyRequest, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    return preAuthKey(this.keys, name, request, opts);
  }
}
