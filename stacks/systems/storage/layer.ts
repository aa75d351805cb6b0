import * as pulumi from "@pulumi/pulumi";
import { images, Longhorn, Storage } from "../../../components/index.ts";
import type { LonghornArgs, StorageClasses } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Ground, Layer, Secrets } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import { storageMistakes } from "./rules.ts";
import { storageKeys } from "./schema.ts";
import type { LonghornConfig, StorageKeys } from "./schema.ts";

export interface StorageGives {
  /** Class of volumes that are kept; undefined is the cluster's own default. */
  storageClass: pulumi.Input<string> | undefined;
  /** Class of a claim. One that is there already is taken over with the class it has: claims can't change theirs. */
  classIn: (claim: { namespace: string; claim: string }, kept: boolean) => pulumi.Input<string> | undefined;
}

type Reads = StorageKeys & ClusterKeys;
type Needs = Ground & ClusterGives & SchedulingGives;

const PROVISIONER = "local-path-provisioner";

export const storage = system({
  keys: storageKeys,
  secrets: ["storageBackupKey"],
  rules: storageMistakes,
  wants: storageWants,
  layer: storageLayer,
});

function storageWants({ cluster }: Reads): Partial<Wants> {
  return cluster.kind === "embedded"
    ? { images: { [PROVISIONER]: { reference: images.localPathProvisioner, first: true } } }
    : {};
}

/** Where volumes come from. */
function storageLayer(
  config: Reads,
  ground: Needs,
  { storageBackupKey }: Secrets<"storageBackupKey">,
): Layer<StorageGives, object> {
  const { className, disposableClassName } = classesOf(config, ground, storageBackupKey);
  const classIn: StorageGives["classIn"] = ({ namespace, claim }, kept) => {
    const there = ground.found.get(namespace)?.claims.get(claim)?.className,
      wanted = kept ? className : disposableClassName;
    return there === undefined ? wanted : pulumi.output(wanted).apply(() => there);
  };
  return { gives: { storageClass: className, classIn }, outputs: {} };
}

function classesOf(
  { cluster, storage: wanted }: Reads,
  { access, embedded, image, classes, opts }: Needs,
  backupKey?: pulumi.Output<string>,
): Partial<StorageClasses> {
  if (cluster.kind === "embedded" && embedded !== undefined) {
    return new Storage(
      "storage",
      {
        image: image(PROVISIONER),
        path: embedded.volumesPath,
        sizes: cluster.volumeSizes,
        endpoint: access.endpoint,
        priorityClass: classes.platform,
      },
      opts,
    );
  }
  if (wanted.kind === "longhorn") return new Longhorn("storage", longhornArgs(wanted, backupKey), opts);
  return { className: access.storageClass, disposableClassName: access.storageClass };
}

function longhornArgs({ kind: _, backup, ...rest }: LonghornConfig, backupKey?: pulumi.Output<string>): LonghornArgs {
  if (backup === undefined) return rest;
  if (backupKey === undefined) throw new Error("backups need the secret of their key");
  return { ...rest, backup: { ...backup, secretAccessKey: backupKey } };
}
