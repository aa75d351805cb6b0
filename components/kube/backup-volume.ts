import type * as pulumi from "@pulumi/pulumi";

/** A volume and whose it is: what `Backup` takes. */
export interface BackupVolume {
  namespace: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  /** User that its files belong to, not 0. */
  user: number;
  /** `app.kubernetes.io/name` of the pods that have it. */
  workload: string;
  /** Name of the one of those pods that has it, where each has a volume of its own. @default whichever there is */
  pod?: string;
  /**
   * Image of the portal, where the volume has SQLite databases that are in use: copied file by
   * file, one could be torn. It should be small, as all of it is copied first.
   * @default none
   */
  databases?: { image: pulumi.Input<string> };
}
