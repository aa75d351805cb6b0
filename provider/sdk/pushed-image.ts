import * as pulumi from "@pulumi/pulumi";

/** A registry that images are pushed to, spoken to by HTTPS. */
export interface ImageRegistry {
  /** Its host, and the path that images are below where there is one, as "registry.example.org/guild". */
  address: pulumi.Input<string>;
  /** "user:password" of who may push and pull there. Kept secret. @default nobody signs in */
  credentials?: pulumi.Input<string>;
  /** The authority that signed its certificate, PEM. @default those that this machine trusts */
  caCertificatePem?: pulumi.Input<string>;
}

export interface PushedImageArgs {
  /** What `imageReference` says of name and context: the tag stands for all that goes into the build. */
  image: pulumi.Input<string>;
  /** Folder with a Dockerfile, relative to the project. */
  context: pulumi.Input<string>;
  /** `--build-arg` values, part of what `imageReference` hashes. */
  buildArgs?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  registry: ImageRegistry;
}

/**
 * An image that is built on this machine, for its architecture, and pushed to a registry as `<address>/<name>:<tag>`.
 *
 * The registry is asked first: what it has under the tag is neither built nor pushed. One that lost the image is pushed
 * to again by the next `up`; one that does not answer is believed to have it. Deleting it leaves the image in the
 * registry, where others may run it: the registry's own rules end what is old.
 */
export class PushedImage extends pulumi.CustomResource {
  /** `<address>/<name>:<tag>@sha256:…`, known once the registry has it. */
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: PushedImageArgs, opts?: pulumi.CustomResourceOptions) {
    const { credentials } = args.registry;
    const registry = {
      ...args.registry,
      credentials: credentials === undefined ? undefined : pulumi.secret(credentials),
    };
    super("guildnet:index:PushedImage", name, { ...args, registry, reference: undefined }, opts);
  }
}
