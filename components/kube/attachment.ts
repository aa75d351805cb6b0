import type * as pulumi from "@pulumi/pulumi";
import type { Policies } from "./network-policy.ts";
import type { Place } from "./place.ts";
import type { Transforms } from "./transform.ts";

/**
 * What a system gives to a workspace: `registryAttachment` is one. A workspace knows none of them by
 * name, so that one system more is a folder more, and nothing else of the workspace changes.
 */
export interface WorkspaceAttachment {
  /** The system, for instance "registry"; a workspace takes one attachment of each. What it makes in the workspace begins with this name, lest two meet. */
  readonly name: string;
  /** Changes of what it makes, by the children's names without the workspace's, as a component's `transform`. */
  readonly transform?: Transforms<object>;
  /**
   * Makes what belongs to the workspace in its namespace, as children called `<workspace>-<name>-…`.
   * @param workspace whose `name` is the workspace's id
   * @param owner handle of the person whose it is
   * @returns what the workspace itself takes from it
   */
  attach(workspace: Place, owner: pulumi.Input<string>): Attached;
}

/** What a workspace takes from an attachment. */
export interface Attached {
  /** Variables of ours, called GUILDNET_…; nobody can set them otherwise. */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Variables by which programs find what is there; a person's own of the same name stand instead. */
  readonly defaults?: Readonly<Record<string, pulumi.Input<string>>>;
  /** The same of what is secret, kept in a Secret of the workspace's namespace. Those called GUILDNET_… nobody can set otherwise. */
  readonly secretDefaults?: Readonly<Record<string, SecretKey>>;
  /** Credentials, settings, authorities to trust. */
  readonly files?: readonly AttachedFiles[];
  /** Whom the workspace may reach for it, and who may reach the workspace. */
  readonly reach?: Policies;
  /** What its namespace has to have room for besides the workspace. */
  readonly room?: PodRoom;
}

/** One entry of a Secret, by names. */
export interface SecretKey {
  readonly secret: pulumi.Input<string>;
  readonly key: string;
}

/** A folder of files, read-only, from an object of the workspace's namespace. */
export interface AttachedFiles {
  /** Of the pod's volume. */
  readonly name: string;
  /** Where it is in the workspace, outside of its home. */
  readonly folder: string;
  /** Names of the object, and of those of its files that are wanted. @default all of them */
  readonly from: ({ readonly secret: pulumi.Input<string> } | { readonly configMap: pulumi.Input<string> }) & {
    readonly only?: readonly string[];
  };
}

/** What one pod more may use, as Kubernetes quantities, and what of it is set aside. */
export interface PodRoom {
  readonly cpu: string;
  readonly memory: string;
  readonly reserved: { readonly cpu: string; readonly memory: string };
}
