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
  /** What people and agents start in a shell of the workspace. */
  readonly programs?: readonly AttachedPrograms[];
  /** What runs beside the workspace. */
  readonly companions?: readonly Companion[];
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

/** Programs out of an image, which has `cp`. A workspace finds them on its PATH; an image of a person's own has to have /opt/guildnet/bin there. */
export interface AttachedPrograms {
  /** Of the container that lays them out before the workspace starts, 1–63 lower case letters, digits and `-`. */
  readonly name: string;
  readonly image: pulumi.Input<string>;
  /** Where the image has them. They need nothing else of it: linked whole, or scripts for what a workspace has. */
  readonly paths: readonly string[];
}

/**
 * A program in a container of the workspace's pod, as the same user, with the same home and the same /tmp. It has to go on
 * by itself, whatever happens to it or to the home: a pod of which one container has ended is reached by nobody, and a
 * person's editor is in it.
 */
export interface Companion {
  /** Of its container, 1–63 lower case letters, digits and `-`; not "workspace". */
  readonly name: string;
  readonly image: pulumi.Input<string>;
  readonly command: readonly string[];
  /** Its own variables: those of the workspace it has not. */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secretEnvironment?: Readonly<Record<string, SecretKey>>;
  /** Names of attached files, its own attachment's or others', that it has where the workspace has them. @default none */
  readonly files?: readonly string[];
  /** What it may use, and what of that is set aside. */
  readonly size: PodRoom;
}

/** What one pod more may use, as Kubernetes quantities, and what of it is set aside. */
export interface PodRoom {
  readonly cpu: string;
  readonly memory: string;
  readonly reserved: { readonly cpu: string; readonly memory: string };
}
