import type * as pulumi from "@pulumi/pulumi";

/** An image that a cluster shall have: an upstream reference, or a folder with a Dockerfile. */
export type ImageSource = (
  | { reference: string }
  | { /** Folder, relative to the project. */ context: string; buildArgs?: Record<string, string> }
) & {
  /** Others wait for it: the first workspace needs it, and a machine that has to build all of them takes long. @default false */
  first?: boolean;
};

/**
 * How images get to where pods run, whichever way that is: by the short name of each image, the reference that pods name
 * it by, known once it can be run. Linked into an embedded node, pushed to a registry or pulled from where it is, the
 * layers above see no difference.
 */
export type ImageSupply = Readonly<Record<string, pulumi.Input<string>>>;

/** @throws Error where the cluster was given none of that name, or has no way to get it */
export function imageOf(supply: ImageSupply, name: string): pulumi.Input<string> {
  const reference = supply[name];
  if (reference === undefined)
    throw new Error(`the cluster was given no image "${name}", or no registry to push it to`);
  return reference;
}
