import * as pulumi from "@pulumi/pulumi";

export interface NodeImageArgs {
  /** `clusterName` of the `EmbeddedNode` that shall have the image. */
  cluster: pulumi.Input<string>;
  /** Reference that pods name. For an image of our own, see `imageReference`. */
  reference: pulumi.Input<string>;
  /** Folder with a Dockerfile, relative to the project; without it the reference is an upstream image. */
  context?: pulumi.Input<string>;
  /** `--build-arg` values, part of what `imageReference` hashes. */
  buildArgs?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * An image on an embedded node: built from its Dockerfile, pulled, or, where there is no
 * internet, built from package registries; then imported into the node's containerd under
 * the reference that pods name. Deleting it leaves the image to the node's own clean-up.
 */
export class NodeImage extends pulumi.CustomResource {
  /** Known once the image is on the node, so that what uses it waits for it. */
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: NodeImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:NodeImage", name, { ...args }, opts);
  }
}
