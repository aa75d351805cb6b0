import * as pulumi from "@pulumi/pulumi";

/** Where an upstream project's manifest is, fixed by hash. */
export interface UpstreamManifestSource {
  /** Go module and version that has the files: "github.com/cert-manager/cert-manager@v1.21.2". */
  module: pulumi.Input<string>;
  /** Paths in the module, for instance ["deploy/crds/*.yaml"]; `*` stands for any characters of a file's name. */
  files: pulumi.Input<pulumi.Input<string>[]>;
  /** SHA-256 of the files one after the other, sorted by path: `cat FILES | sha256sum`. */
  sha256: pulumi.Input<string>;
  /** The same as one file of a release, with a hash of its own; taken instead where its server answers. @default none */
  release?: pulumi.Input<{ url: pulumi.Input<string>; sha256: pulumi.Input<string> }>;
}

export interface UpstreamManifestArgs {
  /** kubeconfig of the cluster, YAML. Kept secret. Another one replaces nothing. */
  kubeconfig: pulumi.Input<string>;
  /** Context of the kubeconfig. @default its current one */
  context?: pulumi.Input<string>;
  source: pulumi.Input<UpstreamManifestSource>;
  /** A copy of your own, instead of what upstream published: a file, or a folder of .yaml files; relative to the project. @default none */
  path?: pulumi.Input<string>;
  /** Added to each object. @default none */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Whether deleting the resource leaves the objects: with a definition, everybody's objects of that kind would go. @default true */
  keep?: pulumi.Input<boolean>;
}

/**
 * An upstream project's manifest on a cluster, in practice its custom resource definitions: taken from the
 * project's release or Go module, held against its hash, applied server-side, and served by the API server
 * when the resource is done. An object that was deleted or changed shows as an update.
 *
 * The state has the objects' names and the hash, not their text: definitions are up to a megabyte, and
 * Pulumi's own file backend writes the whole state at each step. Deleting the resource keeps the objects unless `keep` is false;
 * give it `deletedWith` the cluster where that goes as well.
 */
export class UpstreamManifest extends pulumi.CustomResource {
  /** What was applied: its path in the API, and the count of changes to its spec (0 where that is not followed). */
  declare readonly objects: pulumi.Output<{ path: string; generation: number }[]>;
  /** SHA-256 of what was applied. */
  declare readonly hash: pulumi.Output<string>;

  constructor(name: string, args: UpstreamManifestArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:UpstreamManifest",
      name,
      {
        labels: {},
        keep: true,
        ...args,
        kubeconfig: pulumi.secret(args.kubeconfig),
        objects: undefined,
        hash: undefined,
      },
      { ...opts, additionalSecretOutputs: ["kubeconfig", ...(opts?.additionalSecretOutputs ?? [])] },
    );
  }
}
