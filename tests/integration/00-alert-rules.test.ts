import { execa } from "execa";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alertRules, usualThresholds } from "../../components/monitoring/rules.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { vmalertTool } from "../../toolchain/tools/vmalert-tool.ts";

// Every rule of alerts, by vmalert's own tool, on series in which something goes wrong.

const folder = mkdtempSync(join(tmpdir(), "guildnet-alert-rules-"));
let program = "";

beforeAll(async () => {
  const tools = await requireTools([vmalertTool], { home: guildnetHome() });
  program = join(tools[vmalertTool.name]?.path ?? "", "bin/vmalert-tool");
  writeFileSync(join(folder, "rules.yaml"), JSON.stringify(alertRules(usualThresholds)));
}, 1_800_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Series by what they are, as vmalert-tool writes values down: "10-1x5" is 10 and then five times one less. */
type Series = Readonly<Record<string, string>>;

interface Alerting {
  rule: string;
  series: Series;
  /** Each of them a value or more of another kind: then nothing is wrong. */
  well: Series;
  interval: string;
  /** When it is so long enough. */
  at: string;
  /** Not yet so long. */
  before?: string;
  labels: Record<string, string>;
  about: string;
  summary: string;
}

const disk = (of: "avail" | "size" | "free") => `node_filesystem_${of}_bytes{job="node",node="one",mountpoint="/node"}`;
const volume = (of: "available" | "capacity") =>
  `kubelet_volume_stats_${of}_bytes{namespace="ws-ada",persistentvolumeclaim="home"}`;
const memory = (of: "MemAvailable" | "MemTotal") => `node_memory_${of}_bytes{job="node",node="one"}`;
const certificate =
  'guildnet_certificate_ends_timestamp_seconds{job="guild",namespace="guildnet-portal",certificate="server-tls"}';
const backupFailed = 'guildnet_backup_failed{job="guild",namespace="ws-ada"}';
const backupDone = 'guildnet_backup_done_timestamp_seconds{job="guild",namespace="ws-ada"}';
const container = 'container_start_time_seconds{namespace="ws-ada",pod="workspace-1",container="ide"}';
/** When the series begin, whatever the time is. */
const start = Date.UTC(2000) / 1000;
const day = 24 * 60 * 60;

const cases: Alerting[] = [
  {
    rule: "DiskAlmostFull",
    series: { [disk("size")]: "110x20", [disk("free")]: "19x20", [disk("avail")]: "9x20" },
    well: { [disk("avail")]: "15x20" },
    interval: "1m",
    before: "4m",
    at: "6m",
    labels: { severity: "critical", job: "node", node: "one", mountpoint: "/node" },
    about: "one",
    summary: "The disk of node one has 9 % left.",
  },
  {
    rule: "DiskFilling",
    // 40 of 100 are left, and each hour one less: after 7 hours 33, which last for 33 hours, until the second day at 16:00.
    series: {
      [disk("size")]: "100x42",
      [disk("free")]: "40-0.16666666666666666x42",
      [disk("avail")]: "40-0.16666666666666666x42",
    },
    well: { [disk("avail")]: "40-0.01x42", [disk("free")]: "40-0.01x42" },
    interval: "10m",
    at: "7h",
    labels: { severity: "warning", job: "node", node: "one", mountpoint: "/node" },
    about: "one",
    summary: "The disk of node one is full on 2000-01-02 if it goes on as in the last six hours.",
  },
  {
    rule: "VolumeAlmostFull",
    series: { [volume("capacity")]: "100x20", [volume("available")]: "4x20" },
    well: { [volume("available")]: "6x20" },
    interval: "1m",
    before: "4m",
    at: "6m",
    labels: { severity: "warning", namespace: "ws-ada", persistentvolumeclaim: "home" },
    about: "volume home of ws-ada",
    summary: "The volume home of ws-ada has 4 % left.",
  },
  {
    rule: "MemoryShort",
    series: { [memory("MemTotal")]: "100x20", [memory("MemAvailable")]: "3x20" },
    well: { [memory("MemAvailable")]: "8x20" },
    interval: "1m",
    before: "9m",
    at: "11m",
    labels: { severity: "warning", job: "node", node: "one" },
    about: "one",
    summary: "Of the memory of node one 3 % are left.",
  },
  {
    rule: "CertificateExpires",
    series: { [certificate]: `${start + 6 * day}x5` },
    well: { [certificate]: `${start + 8 * day}x5` },
    interval: "1m",
    at: "0m",
    labels: { severity: "critical", job: "guild", namespace: "guildnet-portal", certificate: "server-tls" },
    about: "certificate server-tls of guildnet-portal",
    summary: "The certificate server-tls of guildnet-portal ends in 6d 0h 0m 0s and was not renewed.",
  },
  {
    rule: "BackupFailed",
    series: { [backupFailed]: "0 1x12" },
    well: { [backupFailed]: "0x13" },
    interval: "1m",
    before: "5m",
    at: "7m",
    labels: { severity: "warning", job: "guild", namespace: "ws-ada" },
    about: "backup of ws-ada",
    summary: "The last backup of the volume of ws-ada failed.",
  },
  {
    rule: "BackupTooOld",
    series: { [backupDone]: `${start - 37 * 60 * 60}x12` },
    well: { [backupDone]: `${start - 35 * 60 * 60}x12` },
    interval: "1m",
    before: "4m",
    at: "5m",
    labels: { severity: "critical", job: "guild", namespace: "ws-ada" },
    about: "backup of ws-ada",
    summary: "The volume of ws-ada has had no backup for 1d 13h 5m 0s.",
  },
  {
    rule: "Restarting",
    series: { [container]: "100 100 200 200 300 300 400" },
    well: { [container]: "100 100 200 200 300 300 300" },
    interval: "5m",
    at: "30m",
    labels: { severity: "warning", namespace: "ws-ada", pod: "workspace-1", container: "ide" },
    about: "pod workspace-1 of ws-ada",
    summary: "ide in the pod workspace-1 of ws-ada was started anew 3 times within an hour.",
  },
  {
    rule: "EventsWait",
    series: { 'guildnet_events_waiting{job="guild"}': "2x20", 'guildnet_events_waiting{job="model-gateway"}': "0x20" },
    well: { 'guildnet_events_waiting{job="guild"}': "0x20" },
    interval: "1m",
    before: "4m",
    at: "7m",
    labels: { severity: "warning" },
    about: "event bus",
    summary: "2 events wait to be said: the event bus takes none of them.",
  },
  {
    rule: "NodeDown",
    series: { 'up{job="kubelet",node="one",instance="one"}': "1 0x10" },
    well: { 'up{job="kubelet",node="one",instance="one"}': "1x11" },
    interval: "1m",
    before: "2m",
    at: "4m",
    labels: { severity: "critical", job: "kubelet", node: "one", instance: "one" },
    about: "one",
    summary: "The node one does not answer.",
  },
  {
    rule: "NoFigures",
    series: { 'up{job="models",instance="10.244.0.7:9090"}': "1 0x10" },
    well: { 'up{job="models",instance="10.244.0.7:9090"}': "1x11" },
    interval: "1m",
    before: "5m",
    at: "7m",
    labels: { severity: "warning", job: "models", instance: "10.244.0.7:9090" },
    about: "models",
    summary: "No figures of models come from 10.244.0.7:9090.",
  },
];

test("is here for each", () => {
  const rules = alertRules(usualThresholds).groups.flatMap((group) => group.rules.map(({ alert }) => alert));
  expect(cases.map(({ rule }) => rule)).toEqual(rules);
});

test.each(cases)("$rule", async ({ rule, series, well, interval, before, at, labels, about, summary }) => {
  const alerts = (eval_time: string, fires: boolean) => ({
    eval_time,
    alertname: rule,
    exp_alerts: fires ? [{ exp_labels: labels, exp_annotations: { about, summary } }] : [],
  });
  const one = (name: string, values: Series, alert_rule_test: object[]) => ({
    name,
    interval,
    input_series: Object.entries(values).map(([of, told]) => ({ series: of, values: told })),
    alert_rule_test,
  });
  const file = join(folder, `${rule}.yaml`);
  const tests = [
    one("something is wrong", series, [...(before === undefined ? [] : [alerts(before, false)]), alerts(at, true)]),
    one("all is well", { ...series, ...well }, [alerts(at, false)]),
  ];
  writeFileSync(file, JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: interval, tests }));
  const { exitCode, all } = await execa(program, ["unittest", "--files", file, "--disableAlertgroupLabel"], {
    reject: false,
    all: true,
  });
  expect(exitCode, all).toBe(0);
});
