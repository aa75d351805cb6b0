import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { choose } from "../commands/restore.ts";
import { UserError } from "../../toolchain/errors.ts";
import { atWork, jobName, taskOf } from "./jobs.ts";
import { assertFits, bytesOnDisk, parseRoom } from "./room.ts";
import { settleRestores, suggestsRestore, withoutHeld } from "./restores.ts";
import { ownSnapshots, parseSnapshots, size, snapshotTable } from "./snapshots.ts";
import { backupFindings } from "./status.ts";
import { isAlive, resumeAbandoned, whileStopped } from "./stopped.ts";
import { unread } from "./unread.ts";
import { volumesNamed } from "./volumes.ts";
import type { Kubectl } from "../kubernetes/kubectl.ts";

const snapshot = (id: string, time: string) => ({
  id: id.repeat(8),
  short_id: id.repeat(2),
  time,
  summary: { total_files_processed: 2, total_bytes_processed: 1536 },
});
const older = snapshot("abcd", "2026-01-01T01:30:00.5Z"),
  newer = snapshot("ef01", "2026-01-02T01:30:00.5Z");
const backup = {
  target: "cluster",
  volumes: [
    { name: "ada", namespace: "ws-ada", deployment: "workspace" },
    { name: "registry", namespace: "guildnet-registry", deployment: "registry" },
  ],
};

it("finds a volume by the name that a person calls it", () => {
  expect(volumesNamed({ backup }, "registry")).toEqual([backup.volumes[1]]);
  expect(volumesNamed({ backup })).toHaveLength(2);
  expect(() => volumesNamed({ backup }, "eve")).toThrow('no backup of "eve"; there are backups of ada, registry');
  for (const none of [null, undefined]) expect(() => volumesNamed({ backup: none })).toThrow("`backup: {}`");
});

it("reads snapshots among what restic says, the newest first", () => {
  expect(parseSnapshots(`a warning\n${JSON.stringify([older, newer])}\n`).map(({ short_id }) => short_id)).toEqual([
    "ef01ef01",
    "abcdabcd",
  ]);
  expect(parseSnapshots("nothing")).toEqual([]);
  expect(snapshotTable([newer])).toBe("ef01ef01  2026-01-02 01:30 UTC  2 files  1.5 KiB");
  expect([0, 1023, 1024, 3 * 2 ** 40].map(size)).toEqual(["0 B", "1023 B", "1 KiB", "3 TiB"]);
});

it("chooses the newest, or the one that was asked for by eight digits or more of its id", () => {
  expect(choose("ada", [newer, older], "latest")).toBe(newer);
  expect(choose("ada", [newer, older], "abcdabcd")).toBe(older);
  expect(() => choose("ada", [newer, older], "ab")).toThrow(/no backup ab of ada\. There are:\n\nef01ef01/);
  expect(() => choose("ada", [], "latest")).toThrow("There is no backup of ada yet.");
});

it("knows what a job is for, and which is at work", () => {
  const job = (component: string, done: boolean) => ({
    metadata: { name: component, labels: { "app.kubernetes.io/component": component } },
    status: { conditions: done ? [{ type: "Failed", status: "True" }] : [] },
  });
  expect([taskOf(job("restore", true)), taskOf(job("backup", true))]).toEqual(["restore", "backup"]);
  expect(atWork([job("backup", true), job("restore", false)])?.metadata.name).toBe("restore");
  expect(atWork([job("backup", true)])).toBeUndefined();
  expect(jobName("backup-now", 1)).not.toBe(jobName("backup-now", 2));
});

it("says of each volume when its newest backup was, or what it failed of", async () => {
  const job = (namespace: string, type: string, minute: number) => ({
    metadata: { name: `b${minute}`, namespace, creationTimestamp: `2026-01-01T01:3${minute}:00Z` },
    status: {
      conditions: [{ type, status: "True", message: "backoff", lastTransitionTime: `2026-01-01T01:3${minute}:30Z` }],
    },
  });
  const pods = {
    items: [
      {
        metadata: { name: "p" },
        status: {
          containerStatuses: [
            { name: "restic", state: { terminated: { exitCode: 12, message: "one\nwrong password\n" } } },
          ],
        },
      },
    ],
  };
  const items = [job("ws-ada", "Failed", 1), job("ws-ada", "Complete", 0), job("guildnet-registry", "Complete", 2)];
  const noted = {
    items: [
      {
        metadata: { name: "p" },
        status: {
          containerStatuses: [
            {
              name: "restic",
              state: { terminated: { exitCode: 0, message: "error: open /volume/d: permission denied\n" } },
            },
          ],
        },
      },
    ],
  };
  const cronjobs = [
    {
      metadata: {
        name: "backup",
        namespace: "ws-eve",
        annotations: { "guildnet.io/suspended-by": `${process.pid}@${hostname()}` },
      },
      spec: { suspend: true },
    },
    {
      metadata: {
        name: "backup",
        namespace: "ws-kim",
        annotations: { "guildnet.io/suspended-by": `0000@${hostname()}-2` },
      },
      spec: { suspend: true },
    },
  ];
  const kubectl = async (args: readonly string[]) =>
    JSON.stringify(
      args[1] === "jobs"
        ? { items }
        : args[1] === "cronjobs"
          ? { items: cronjobs }
          : args.includes("guildnet-registry")
            ? noted
            : pods,
    );
  expect(
    await backupFindings(kubectl, {
      target: "cluster",
      volumes: [...backup.volumes, { name: "bob", namespace: "ws-bob", deployment: "workspace" }],
    }),
  ).toEqual([
    { what: "backup ada", state: "failed 2026-01-01 01:31 UTC: wrong password", healthy: false, where: "cluster" },
    {
      what: "backup registry",
      state: "2026-01-01 01:32 UTC, without what could not be read: open d: permission denied",
      healthy: true,
      where: "cluster",
    },
    { what: "backup bob", state: "none yet", healthy: true, where: "cluster" },
  ]);
  const stopped = () =>
    Promise.reject(new UserError("kubectl-failed", "kubectl get jobs failed:\n\nconnection refused"));
  expect(await backupFindings(stopped, backup)).toEqual([
    { what: "backups", state: "connection refused", healthy: false, where: "cluster" },
  ]);
});

it("takes for a volume's own what its owner made, and whoever it was taken over from", () => {
  const [ada, bob, old] = [{ ...newer, tags: ["kib=4", "owner=ada"] }, { ...older, tags: ["owner=bob"] }, older];
  expect(ownSnapshots([ada, bob, old], { owners: ["bob"] })).toEqual([bob, old]);
  expect(ownSnapshots([ada, bob, old], { owners: ["bob", "ada"] })).toEqual([ada, bob, old]);
  expect(ownSnapshots([ada, bob, old], {})).toEqual([ada, bob, old]);
});

it("lists what could not be read without what is the same in all of it", () => {
  expect(
    unread(
      "scan finished\nerror: openfile for readdirnames failed: open /volume/d: permission denied\nWarning: at least one source file could not be read\n",
    ),
  ).toEqual(["openfile for readdirnames failed: open d: permission denied"]);
});

describe("room for a restore", () => {
  const sparse = {
    ...newer,
    summary: { total_files_processed: 1, total_bytes_processed: 60 * 2 ** 30 },
    tags: ["kib=102400"],
  };

  it("is what files take on the disk, holes and left out caches not counted", () => {
    expect(bytesOnDisk(sparse)).toBe(100 * 2 ** 20);
    expect(bytesOnDisk({ ...sparse, tags: [] })).toBe(60 * 2 ** 30);
    expect(bytesOnDisk({ ...newer, tags: ["kib=102400"] })).toBe(1536);
    expect(bytesOnDisk({ id: "", short_id: "", time: "" })).toBeUndefined();
  });

  it("is asked for before anything is stopped, with some to spare", () => {
    const room = parseRoom('{"kib":20971520,"free":1126400}\n[]');
    expect(room).toEqual({ size: 20 * 2 ** 30, free: 1.07421875 * 2 ** 30 });
    expect(() => assertFits("ada", sparse, room)).toThrow(
      /takes 100 MiB beside what is there.*1\.1 GiB free.*Nothing was stopped/,
    );
    expect(() => assertFits("ada", sparse, { size: 2 ** 30, free: 2 ** 28 })).not.toThrow();
    expect(() => assertFits("ada", sparse, undefined)).not.toThrow();
  });
});

describe("while a volume is restored", () => {
  const volume = { name: "ada", namespace: "ws-ada", deployment: "workspace" };

  /** A cluster with the volume's Deployment, its pods and the CronJob of its backups, as far as a restore changes them. */
  class Cluster {
    pods = [
      { name: "evicted", phase: "Failed" },
      { name: "running", phase: "Running" },
    ];
    replicas = 1;
    annotations: Record<string, string> = {};
    suspended: { suspend: boolean; by?: string } = { suspend: false };
    jobs: object[] = [];
    kubectl: Kubectl = async (args) => {
      const [verb, kind] = args,
        value = (flag: string) => args[args.indexOf(flag) + 1] ?? "";
      if (verb === "get" && kind === "deployment")
        return JSON.stringify({
          metadata: { annotations: this.annotations },
          spec: { replicas: this.replicas, selector: { matchLabels: { app: "workspace" } } },
        });
      if (verb === "get" && kind === "cronjobs")
        return JSON.stringify({
          items: [
            {
              metadata: {
                name: "backup",
                namespace: "ws-ada",
                annotations: this.suspended.by && { "guildnet.io/suspended-by": this.suspended.by },
              },
              spec: this.suspended,
            },
          ],
        });
      if (verb === "get" && kind === "jobs") return JSON.stringify({ items: this.jobs });
      if (verb === "get" && kind === "pods")
        return JSON.stringify({
          items: this.pods.map(({ name, phase }) => ({ metadata: { name }, status: { phase } })),
        });
      if (verb === "delete" && kind === "pods") this.pods = this.pods.filter(({ name }) => !args.includes(name));
      if (verb === "scale") {
        this.replicas = Number(value("--replicas"));
        this.pods = this.pods.filter(({ phase }) => phase !== "Running");
      }
      if (verb === "annotate")
        for (const arg of args) {
          const [, key = "", set] = /^(guildnet[^=]+?)(?:=(.*)|-)$/.exec(arg) ?? [];
          if (set !== undefined) this.annotations[key] = set;
          else delete this.annotations[key];
        }
      if (verb === "patch") {
        const { metadata, spec } = JSON.parse(value("--patch")) as {
          metadata: { annotations: Record<string, string | null> };
          spec: { suspend: boolean };
        };
        this.suspended = { suspend: spec.suspend, by: metadata.annotations["guildnet.io/suspended-by"] ?? undefined };
      }
      return "";
    };
  }

  it("nothing writes to it and no backup begins; a pod that was evicted stands in nobody's way", async () => {
    const cluster = new Cluster();
    const seen = await whileStopped(
      cluster.kubectl,
      volume,
      () => {},
      async () => ({ pods: cluster.pods, replicas: cluster.replicas, suspend: cluster.suspended.suspend }),
    );
    expect(seen).toEqual({ pods: [], replicas: 0, suspend: true });
    expect(cluster).toMatchObject({ replicas: 1, suspended: { suspend: false, by: undefined } });
    expect(Object.keys(cluster.annotations)).toEqual([]);
  });

  it("all goes on after a failure, and after a backup that was at work already", async () => {
    const cluster = new Cluster();
    await expect(
      whileStopped(
        cluster.kubectl,
        volume,
        () => {},
        () => Promise.reject(new Error("no space")),
      ),
    ).rejects.toThrow("no space");
    expect(cluster).toMatchObject({ replicas: 1, suspended: { suspend: false } });
    cluster.jobs = [{ metadata: { name: "backup-1" } }];
    await expect(
      whileStopped(
        cluster.kubectl,
        volume,
        () => {},
        () => expect.unreachable(),
      ),
    ).rejects.toThrow("being backed up by the job backup-1");
    expect(cluster).toMatchObject({ replicas: 1, suspended: { suspend: false } });
  });

  it("another restore leaves what it stopped alone", async () => {
    const cluster = new Cluster(),
      other = spawn("sleep", ["60"], { argv0: "restore" });
    await once(other, "spawn");
    onTestFinished(() => void other.kill());
    cluster.suspended = { suspend: true, by: `${other.pid}@${hostname()}` };
    cluster.replicas = 0;
    await expect(
      whileStopped(
        cluster.kubectl,
        volume,
        () => {},
        () => expect.unreachable(),
      ),
    ).rejects.toThrow(/being restored by process/);
    expect(await resumeAbandoned(cluster.kubectl, [volume])).toEqual([]);
    expect(cluster).toMatchObject({ replicas: 0, suspended: { suspend: true } });
  });

  it("a killed one is made up for, once its job has ended", async () => {
    const cluster = new Cluster(),
      killed = `${2 ** 22 + 1}@${hostname()}`;
    Object.assign(cluster, {
      replicas: 0,
      annotations: { "guildnet.io/replicas-before-restore": "1" },
      suspended: { suspend: true, by: killed },
      jobs: [{ metadata: { name: "restore-now-1" } }],
    });
    expect(await resumeAbandoned(cluster.kubectl, [volume])).toEqual([]);
    expect(cluster.suspended.suspend).toBe(true);
    cluster.jobs = [];
    expect(await resumeAbandoned(cluster.kubectl, [volume])).toEqual(["ada"]);
    expect(cluster).toMatchObject({ replicas: 1, suspended: { suspend: false, by: undefined }, annotations: {} });
    // The number of a process that is no restore is one that was given anew.
    expect([isAlive(killed), isAlive(`1@elsewhere`), isAlive(`${process.pid}@${hostname()}`)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("a run of `up` makes up for a killed one, though an `up` before it let the backups go on and nothing else", async () => {
    for (const suspend of [true, false]) {
      const cluster = new Cluster(),
        told: string[] = [];
      Object.assign(cluster, {
        replicas: 0,
        annotations: { "guildnet.io/replicas-before-restore": "1" },
        suspended: { suspend, by: `${2 ** 22 + 1}@${hostname()}` },
      });
      expect(await settleRestores(cluster.kubectl, [volume], (line) => told.push(line))).toEqual([]);
      expect(told).toEqual([expect.stringContaining("A restore of ada was killed.")]);
      expect(cluster).toMatchObject({ replicas: 1, suspended: { suspend: false, by: undefined }, annotations: {} });
    }
  });

  it("a run of `up` leaves alone what a restore has that goes on elsewhere, or whose job does", async () => {
    for (const [by, jobs] of [
      [`1@elsewhere`, []],
      [`${2 ** 22 + 1}@${hostname()}`, [{ metadata: { name: "restore-now-1" } }]],
    ] as const) {
      const cluster = new Cluster(),
        told: string[] = [];
      Object.assign(cluster, { replicas: 0, suspended: { suspend: true, by }, jobs });
      const held = await settleRestores(cluster.kubectl, [volume], (line) => told.push(line));
      expect([held, told]).toEqual([[volume], ["ada is being restored. What that has stopped is left alone."]]);
      expect(cluster).toMatchObject({ replicas: 0, suspended: { suspend: true, by } });
    }
  });

  it("a look sees that there may be one, and what is not its own", () => {
    const of = (what: string) => ({ urn: what, what, how: "differs in spec" });
    const own = [of("CronJob ws-ada/backup"), of("Deployment ws-ada/workspace")],
      others = [of("CronJob ws-bob/backup"), of("Deployment ws-ada/other")];
    expect(
      [[own[0]], [others[1]], []].map((deviations) =>
        suggestsRestore({ objects: 9, deviations: deviations as typeof own }),
      ),
    ).toEqual([true, false, false]);
    expect(withoutHeld({ objects: 9, deviations: [...own, ...others] }, [volume])).toEqual({
      objects: 9,
      deviations: others,
    });
    expect(withoutHeld({ why: "nobody answers" }, [volume])).toEqual({ why: "nobody answers" });
  });
});
