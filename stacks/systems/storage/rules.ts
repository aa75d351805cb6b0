import type { Broken, Given } from "../../check/broken.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { StorageKeys } from "./schema.ts";

/** What is wrong with where volumes come from. */
export function storageMistakes(
  { cluster, storage }: StorageKeys & ClusterKeys,
  { storageBackupKey = false }: Given<"storageBackupKey">,
): Broken[] {
  if (storage.kind === "cluster-default") return storageBackupKey ? [unusedKey(["storage", "kind"])] : [];
  if (cluster.kind === "embedded") {
    return [
      {
        paths: [["storage", "kind"], ["cluster"]],
        allowed: '"cluster-default", as cluster.kind is "embedded"',
        fix: "remove storage: an embedded cluster's volumes are folders of this machine, and Longhorn needs nodes with iSCSI",
      },
    ];
  }
  const broken: Broken[] = [];
  if (cluster.storageClass !== undefined) {
    broken.push({
      paths: [
        ["cluster", "storageClass"],
        ["storage", "kind"],
      ],
      allowed: 'nothing, as storage.kind is "longhorn", which has classes of its own',
      fix: "remove it, or remove storage",
    });
  }
  if (storage.backup === undefined && storageBackupKey) broken.push(unusedKey(["storage", "backup"]));
  if (storage.backup !== undefined && !storageBackupKey) {
    broken.push({
      paths: [["storage", "backup"]],
      allowed: "the secret guildnet:storageBackupKey beside it",
      fix: "add it: pulumi config set --secret guildnet:storageBackupKey",
    });
  }
  return broken;
}

function unusedKey(path: string[]): Broken {
  return {
    paths: [path],
    allowed: "no secret guildnet:storageBackupKey without storage.backup",
    fix: "run: pulumi config rm guildnet:storageBackupKey, or add storage.backup",
  };
}
