import * as pulumi from "@pulumi/pulumi";
import * as tailscale from "@pulumi/tailscale";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { KEY_HOURS } from "./mesh.ts";
import type { AuthKeyRequest, Mesh } from "./mesh.ts";
import { policyText } from "./policy-checks.ts";
import type { MeshPolicy } from "./policy.ts";

/** What `transform` changes. */
export interface TailnetChildren {
  tailscale: tailscale.ProviderArgs;
  [domain: `split-${string}`]: tailscale.DnsSplitNameserversArgs;
  policy: tailscale.AclArgs;
}

export interface TailnetArgs {
  /** API key, or the secret of an OAuth client with `clientId`. Kept secret. */
  apiKey: pulumi.Input<string>;
  /** Id of an OAuth client, whose secret doesn't expire as API keys do. @default `apiKey` is an API key */
  clientId?: pulumi.Input<string>;
  /** Id of the tailnet. @default the one that owns the key */
  tailnet?: pulumi.Input<string>;
  /** Domain of the devices' names, for instance "tail1234.ts.net". */
  baseDomain: pulumi.Input<string>;
  /** Domains, each with the addresses of the name servers to ask for it. @default none */
  split?: Record<string, pulumi.Input<string>[]>;
  /** The tailnet's whole policy file from now on. @default it is left as it is */
  policy?: pulumi.Input<MeshPolicy>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<TailnetChildren>;
}

/**
 * A tailnet at Tailscale: nothing to run, and whom a device belongs to is Tailscale's to know.
 * Users come from its identity provider, so that policies name people by e-mail address.
 */
export class Tailnet extends pulumi.ComponentResource implements Mesh {
  readonly kind = "tailnet";
  readonly loginServer = undefined;
  readonly baseDomain: pulumi.Output<string>;
  private readonly provider: tailscale.Provider;

  constructor(name: string, args: TailnetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:Tailnet", name, {}, transformed(name, args.transform, opts));
    this.baseDomain = pulumi.output(args.baseDomain);
    const secret = pulumi.secret(args.apiKey);
    const credentials =
      args.clientId === undefined ? { apiKey: secret } : { oauthClientId: args.clientId, oauthClientSecret: secret };
    this.provider = new tailscale.Provider(
      `${name}-tailscale`,
      { ...credentials, tailnet: args.tailnet },
      { parent: this },
    );
    const own = { parent: this, provider: this.provider };
    for (const [domain, nameservers] of Object.entries(args.split ?? {})) {
      new tailscale.DnsSplitNameservers(`${name}-split-${domain}`, { domain, nameservers }, own);
    }
    if (args.policy !== undefined) {
      // Without the flag it refuses a file it hasn't made; who gives a policy here means the whole file.
      new tailscale.Acl(
        `${name}-policy`,
        { acl: pulumi.output(args.policy).apply(policyText), overwriteExistingContent: true },
        own,
      );
    }
    this.registerOutputs({ baseDomain: this.baseDomain });
  }

  authKey(name: string, request: AuthKeyRequest, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    const { key } = new tailscale.TailnetKey(
      name,
      {
        tags: request.tags,
        reusable: request.reusable ?? false,
        ephemeral: request.ephemeral ?? false,
        preauthorized: true,
        expiry: (request.expirationHours ?? KEY_HOURS) * 3600,
        // Shown in its list of keys; a new text is a new key.
        description: `GuildNet ${name} ${request.generation ?? 1}`.replaceAll(/[^A-Za-z0-9]+/g, " ").slice(0, 50),
      },
      { ...opts, provider: this.provider, additionalSecretOutputs: ["key"] },
    );
    return pulumi.secret(key);
  }
}
