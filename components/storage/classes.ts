import type * as pulumi from "@pulumi/pulumi";

/** Where volumes come from, for everything above. `Storage` and `Longhorn` satisfy it; so does a plain object. */
export interface StorageClasses {
  /** Class whose volumes outlive their claim. */
  readonly className: pulumi.Input<string>;
  /** Class whose volumes go with their claim. */
  readonly disposableClassName: pulumi.Input<string>;
}
