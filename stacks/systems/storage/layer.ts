import type * as pulumi from "@pulumi/pulumi";
import { Longhorn, Storage } from "../../../components/index.ts";
import type { ClusterAccess, LonghornArgs, StorageArgs, StorageClasses } from "../../../components/index.ts";
import type { GuildConfig } from "../../schema.ts";
import type { LonghornConfig } from "./schema.ts";

/** What storage stands on. */
export interface StorageGround {
  access: ClusterAccess;
  /** Where a cluster that brings no storage of its own gets it from. */
  local?: Pick<StorageArgs, "image" | "path" | "sizes">;
  priorityClass: pulumi.Input<string>;
  /** Secret of the key to the bucket of backups. */
  backupKey?: pulumi.Output<string>;
}

/** Where volumes come from; undefined classes are the cluster's own default. */
export function storageLayer({ storage }: GuildConfig, { access, local, priorityClass, backupKey }: StorageGround, opts: pulumi.ComponentResourceOptions): Partial<StorageClasses> {
  if (local !== undefined) return new Storage("storage", { ...local, endpoint: access.endpoint, priorityClass }, opts);
  if (storage.kind === "longhorn") return new Longhorn("storage", longhornArgs(storage, backupKey), opts);
  return { className: access.storageClass, disposableClassName: access.storageClass };
}

function longhornArgs({ kind: _, backup, ...rest }: LonghornConfig, backupKey?: pulumi.Output<string>): LonghornArgs {
  if (backup === undefined) return rest;
  if (backupKey === undefined) throw new Error("backups need the secret of their key");
  return { ...rest, backup: { ...backup, secretAccessKey: backupKey } };
}
