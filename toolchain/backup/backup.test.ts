import { expect, it } from "vitest";
import { choose } from "../commands/restore.ts";
import { UserError } from "../errors.ts";
import { atWork, jobName, taskOf } from "./jobs.ts";
import { parseSnapshots, size, snapshotTable } from "./snapshots.ts";
import { backupFindings } from "./status.ts";
import { volumesNamed } from "./volumes.ts";

const snapshot = (id: string, time: string) => ({ id: id.repeat(8), short_id: id.repeat(2), time, summary: { total_files_processed: 2, total_bytes_processed: 1536 } });
const older = snapshot("abcd", "2026-01-01T01:30:00.5Z"), newer = snapshot("ef01", "2026-01-02T01:30:00.5Z");
const backup = { target: "cluster", volumes: [{ name: "ada", namespace: "ws-ada", deployment: "workspace" }, { name: "registry", namespace: "guildnet-registry", deployment: "registry" }] };

it("finds a volume by the name that a person calls it", () => {
  expect(volumesNamed({ backup }, "registry")).toEqual([backup.volumes[1]]);
  expect(volumesNamed({ backup })).toHaveLength(2);
  expect(() => volumesNamed({ backup }, "eve")).toThrow('no backup of "eve"; there are backups of ada, registry');
  for (const none of [null, undefined]) expect(() => volumesNamed({ backup: none })).toThrow("`backup: {}`");
});

it("reads snapshots among what restic says, the newest first", () => {
  expect(parseSnapshots(`a warning\n${JSON.stringify([older, newer])}\n`).map(({ short_id }) => short_id)).toEqual(["ef01ef01", "abcdabcd"]);
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
  const job = (component: string, done: boolean) => ({ metadata: { name: component, labels: { "app.kubernetes.io/component": component } }, status: { conditions: done ? [{ type: "Failed", status: "True" }] : [] } });
  expect([taskOf(job("restore", true)), taskOf(job("backup", true))]).toEqual(["restore", "backup"]);
  expect(atWork([job("backup", true), job("restore", false)])?.metadata.name).toBe("restore");
  expect(atWork([job("backup", true)])).toBeUndefined();
  expect(jobName("backup-now", 1)).not.toBe(jobName("backup-now", 2));
});

it("says of each volume when its newest backup was, or what it failed of", async () => {
  const job = (namespace: string, type: string, minute: number) => ({
    metadata: { name: `b${minute}`, namespace, creationTimestamp: `2026-01-01T01:3${minute}:00Z` },
    status: { conditions: [{ type, status: "True", message: "backoff", lastTransitionTime: `2026-01-01T01:3${minute}:30Z` }] },
  });
  const pods = { items: [{ metadata: { name: "p" }, status: { containerStatuses: [{ name: "restic", state: { terminated: { exitCode: 12, message: "one\nwrong password\n" } } }] } }] };
  const items = [job("ws-ada", "Failed", 1), job("ws-ada", "Complete", 0), job("guildnet-registry", "Complete", 2)];
  const kubectl = async (args: readonly string[]) => JSON.stringify(args[1] === "jobs" ? { items } : pods);
  expect(await backupFindings(kubectl, { target: "cluster", volumes: [...backup.volumes, { name: "bob", namespace: "ws-bob", deployment: "workspace" }] })).toEqual([
    { what: "backup ada", state: "failed 2026-01-01 01:31 UTC: wrong password", healthy: false, where: "cluster" },
    { what: "backup registry", state: "2026-01-01 01:32 UTC", healthy: true, where: "cluster" },
    { what: "backup bob", state: "none yet", healthy: true, where: "cluster" },
  ]);
  const stopped = () => Promise.reject(new UserError("kubectl-failed", "kubectl get jobs failed:\n\nconnection refused"));
  expect(await backupFindings(stopped, backup)).toEqual([{ what: "backups", state: "connection refused", healthy: false, where: "cluster" }]);
});
