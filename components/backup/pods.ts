import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { plus } from "../kube/quantity.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { backupScript, restoreScript, VOLUME } from "./scripts.ts";
import type { backupSize } from "./size.ts";

export const BACKUP_APP = "backup";
/** Where a job has the repository's address and secrets. */
export const REPOSITORY_FOLDER = "/etc/guildnet/backup";

/** How many snapshots stay: of each of the last days, weeks, months the newest, and the newest of all. */
export interface Keep {
  last: number;
  daily: number;
  weekly: number;
  monthly: number;
}

export interface ResolvedBackup {
  image: pulumi.Input<string>;
  /** What snapshots say they are of. */
  name: string;
  /** Handle of the person whose volume it is; undefined for the guild's own. */
  owner?: string;
  /** What a job may use. */
  size: ReturnType<typeof backupSize>;
  /** User the volume's files belong to. */
  user: number;
  claim: pulumi.Input<string>;
  /** `app.kubernetes.io/name` of the pods that have the volume. */
  workload: string;
  /** Name of the one that has it, where each has a volume of its own. */
  pod?: string;
  /** Cron, UTC. */
  schedule: string;
  keep: Keep;
  /** Secret with the repository's address and secrets. */
  secret: pulumi.Input<string>;
  /** Variables that name the files in it. */
  environment: Record<string, string>;
  priorityClass?: pulumi.Input<string>;
  /** Copies databases that are in use, where the volume has some. */
  databases?: { image: pulumi.Input<string> };
}

type CronJob = k8s.types.input.batch.v1.CronJobSpec;
type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;
type Container = k8s.types.input.core.v1.Container;

const HOUR = 3600;

/** The job that makes snapshots. It reads the volume beside whoever writes to it. */
export function backupCronJob(v: ResolvedBackup): CronJob {
  return {
    schedule: v.schedule,
    timeZone: "Etc/UTC",
    // Said, so that a run that finds it otherwise puts it right: a restore suspends it for a while.
    suspend: false,
    concurrencyPolicy: "Forbid",
    // A machine that was off at that hour makes up for it.
    startingDeadlineSeconds: 23 * HOUR,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    jobTemplate: { metadata: { labels: labels("backup") }, spec: { ...once(6 * HOUR), template: backupPod(v) } },
  };
}

/**
 * What `npm run restore` makes its jobs of; by itself it never runs. They say which snapshot.
 * A failed one isn't tried again: whoever asked is there to see it.
 */
export function restoreCronJob(v: ResolvedBackup): CronJob {
  return {
    schedule: v.schedule,
    timeZone: "Etc/UTC",
    suspend: true,
    // Whoever resumes it all the same has no missed night made up for: without a deadline it would restore at once.
    startingDeadlineSeconds: 60,
    concurrencyPolicy: "Forbid",
    jobTemplate: {
      metadata: { labels: labels("restore") },
      spec: { ...once(6 * HOUR), ttlSecondsAfterFinished: HOUR, template: restorePod(v) },
    },
  };
}

function labels(component: "backup" | "restore"): Record<string, string> {
  return { ...appLabels(BACKUP_APP), "app.kubernetes.io/component": component };
}

/** Tried once; that its pod had to make room for another is not its failure. */
function once(deadlineSeconds: number) {
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: deadlineSeconds,
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
  };
}

function backupPod(v: ResolvedBackup): PodTemplate {
  const keep = Object.entries(v.keep).flatMap(([what, number]) =>
    number === 0 ? [] : [`--keep-${what}`, String(number)],
  );
  const run = container(v, {
    script: backupScript,
    args: keep,
    volume: { name: v.databases ? "copy" : "volume", mountPath: VOLUME, readOnly: true },
  });
  return pod(
    v,
    "backup",
    run,
    v.databases && {
      init: copyContainer(v, v.databases.image),
      volume: { name: "copy", emptyDir: { sizeLimit: "1Gi" } },
    },
  );
}

function restorePod(v: ResolvedBackup): PodTemplate {
  const run = container(v, { script: restoreScript, args: [], volume: { name: "volume", mountPath: VOLUME } });
  return pod(v, "restore", {
    ...run,
    env: [
      ...(run.env as pulumi.Input<k8s.types.input.core.v1.EnvVar>[]),
      { name: "ACTION", value: "restore" },
      { name: "SNAPSHOT", value: "latest" },
    ],
  });
}

function pod(
  v: ResolvedBackup,
  component: "backup" | "restore",
  run: Container,
  copy?: { init: Container; volume: k8s.types.input.core.v1.Volume },
): PodTemplate {
  return {
    metadata: { labels: labels(component) },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: v.priorityClass,
      // As the owner of the files: no other user without privileges reads and makes them all.
      securityContext: restrictedPod(v.user),
      // Where the volume is in use, if it is: most kinds are on one node at a time.
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                topologyKey: "kubernetes.io/hostname",
                labelSelector: {
                  matchLabels: {
                    ...appSelector(v.workload),
                    ...(v.pod !== undefined && { "statefulset.kubernetes.io/pod-name": v.pod }),
                  },
                },
              },
            },
          ],
        },
      },
      ...(copy && { initContainers: [copy.init] }),
      containers: [run],
      volumes: [
        { name: "volume", persistentVolumeClaim: { claimName: v.claim } },
        ...(copy ? [copy.volume] : []),
        { name: "repository", secret: { secretName: v.secret, defaultMode: 0o440 } },
        { name: "tmp", emptyDir: { sizeLimit: v.size.cache } },
      ],
    },
  };
}

interface Run {
  script: string;
  args: readonly string[];
  volume: k8s.types.input.core.v1.VolumeMount;
}

function container(v: ResolvedBackup, { script, args, volume }: Run): Container {
  const environment = {
    ...v.environment,
    RESTIC_HOST: v.name,
    ...(v.owner !== undefined && { OWNER: v.owner }),
    RESTIC_CACHE_DIR: "/tmp/cache",
    // Lines of progress where there is no terminal, one every five seconds.
    RESTIC_PROGRESS_FPS: "0.2",
  };
  return {
    name: "restic",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", script, "sh"],
    args: [...args],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    // Its last words, for whoever asks why it failed.
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: resources(v),
    volumeMounts: [
      volume,
      { name: "repository", mountPath: REPOSITORY_FOLDER, readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** Databases as of one moment, everything else as it is, into a folder of the pod's own. */
function copyContainer(v: ResolvedBackup, image: pulumi.Input<string>): Container {
  return {
    name: "copy",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "volume-copy.mjs", "/source", VOLUME],
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restrictedContainer,
    resources: resources(v),
    // Writable: a reader of SQLite's log takes a place in the memory it shares with the writer, a file beside it.
    volumeMounts: [
      { name: "volume", mountPath: "/source" },
      { name: "copy", mountPath: VOLUME },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** On the node's disk: the cache, and a copy of what is small. */
function resources({ size: { cpu, memory, cache, reserved } }: ResolvedBackup) {
  return {
    requests: { ...reserved, "ephemeral-storage": "64Mi" },
    limits: { cpu, memory, "ephemeral-storage": plus(cache, "1Gi", "bytes") },
  };
}
