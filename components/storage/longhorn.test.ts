import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { charts } from "../versions.ts";
import { BACKUP_URL, jobSpec, targetSpec } from "./longhorn-jobs.ts";
import { longhornMachine } from "./longhorn-machine.ts";
import { classParameters, longhornValues } from "./longhorn-values.ts";
import { Longhorn, longhornMistakes } from "./longhorn.ts";
import type { LonghornArgs } from "./longhorn.ts";

/** Of the chart's values that are set here: the type that chart/values.yaml and chart/questions.yaml of the release give them, and what is allowed where that is a list. */
const chartValues: Record<string, string | readonly string[]> = {
  "persistence.createStorageClass": "boolean",
  "persistence.defaultClass": "boolean",
  "longhornUI.replicas": "number",
  "defaultSettings.defaultDataPath": "string",
  "defaultSettings.defaultReplicaCount": "string",
  "defaultSettings.defaultDataLocality": ["disabled", "best-effort"],
  "defaultSettings.replicaAutoBalance": ["disabled", "least-effort", "best-effort"],
  "defaultSettings.nodeDrainPolicy": [
    "block-for-eviction",
    "block-for-eviction-if-contains-last-replica",
    "block-if-contains-last-replica",
    "allow-if-replica-is-stopped",
    "always-allow",
  ],
  "defaultSettings.allowRecurringJobWhileVolumeDetached": "boolean",
  "defaultSettings.upgradeChecker": "boolean",
  "defaultSettings.allowCollectingLonghornUsageMetrics": "boolean",
  "defaultSettings.deletingConfirmationFlag": "boolean",
};

/** Fields of its kinds, served as longhorn.io/v1beta2, by type: chart/templates/crds.yaml of the release. No field is required. */
const jobFields = {
  name: "string",
  task: [
    "snapshot",
    "snapshot-force-create",
    "snapshot-cleanup",
    "snapshot-delete",
    "backup",
    "backup-force-create",
    "filesystem-trim",
    "system-backup",
  ],
  cron: "string",
  retain: "integer",
  concurrency: "integer",
  groups: "strings",
  labels: "map",
  parameters: "map",
};
const targetFields = {
  backupTargetURL: "string",
  credentialSecret: "string",
  pollInterval: "string",
  syncRequestedAt: "string",
};

/** Names of a StorageClass' parameters that the driver knows: chart/templates/storageclass.yaml, references/storage-class-parameters. */
const parameterNames = [
  "numberOfReplicas",
  "staleReplicaTimeout",
  "fsType",
  "dataLocality",
  "recurringJobSelector",
  "backupTargetName",
];

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === "string") ? "strings" : "list";
  if (typeof value === "object") return "map";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function expectFields(spec: object, fields: Record<string, string | readonly string[]>): void {
  for (const [key, value] of Object.entries(spec)) {
    const allowed = fields[key];
    if (Array.isArray(allowed)) expect(allowed, key).toContain(value);
    else expect(typeOf(value), key).toBe(allowed);
  }
}

function leaves(value: object, path = ""): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "object" && inner !== null
      ? leaves(inner, `${path}${key}.`)
      : [[`${path}${key}`, inner] as [string, unknown]],
  );
}

const resolved = {
  replicas: 3,
  dataLocality: "best-effort",
  dataPath: "/var/lib/longhorn",
  keepData: true,
  settings: {},
} as const;
const schedule = { cron: "0 * * * *", retain: 24 };
const backup = {
  url: "s3://volumes@eu-central-1/guild/",
  accessKeyId: "AKIA",
  secretAccessKey: "CANARY",
  cron: "0 3 * * *",
  retain: 14,
};

async function longhorn(args: LonghornArgs = {}) {
  const all = await record(() => new Longhorn("it", args, { provider: new k8s.Provider("outer") }));
  return (name: string) => {
    const found = all.find((resource) => resource.name === `it-${name}`);
    if (found === undefined) throw new Error(`no it-${name}`);
    return found;
  };
}

describe("what is written for a release that can't run here", () => {
  test("are values that its chart has, of the chart's types", () => {
    expect(charts.longhorn.version, "compare again what is above").toBe("1.12.1");
    for (const [path, value] of leaves(longhornValues(resolved))) {
      const allowed = chartValues[path];
      if (Array.isArray(allowed)) expect(allowed, path).toContain(value);
      else expect(typeof value, path).toBe(allowed);
    }
    expect(
      leaves(longhornValues(resolved))
        .map(([path]) => path)
        .sort(),
    ).toEqual(Object.keys(chartValues).sort());
  });

  test("are objects with fields that its kinds have", () => {
    for (const task of ["snapshot", "backup"] as const) expectFields(jobSpec(task, schedule), jobFields);
    expectFields(targetSpec(backup.url, "secret"), targetFields);
    // A job whose own name differs from its object's is refused by Longhorn.
    expect(jobSpec("backup", schedule)).toMatchObject({ name: "guildnet-backup", groups: ["guildnet"] });
  });

  test("are parameters that its driver has, as text", () => {
    const parameters = classParameters(resolved, { jobs: true, backups: true });
    expect(Object.keys(parameters).sort()).toEqual([...parameterNames].sort());
    for (const value of Object.values(parameters)) expect(value).toBeTypeOf("string");
    expect(JSON.parse(parameters["recurringJobSelector"] ?? "")).toEqual([{ name: "guildnet", isGroup: true }]);
  });
});

describe("Longhorn", () => {
  test("has a class that keeps volumes and is the default, and one that doesn't", async () => {
    const named = await longhorn({ replicas: 2 });
    expect(named("class").inputs).toMatchObject({
      reclaimPolicy: "Retain",
      provisioner: "driver.longhorn.io",
      parameters: { numberOfReplicas: "2" },
      metadata: { name: "longhorn", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    });
    expect(named("disposable-class").inputs).toMatchObject({
      reclaimPolicy: "Delete",
      metadata: {
        name: "longhorn-disposable",
        annotations: { "storageclass.kubernetes.io/is-default-class": "false" },
      },
    });
    for (const name of ["class", "disposable-class"]) expect(named(name).dependencies).toContain(named("release").urn);
  });

  test("backs up volumes that are kept, and no others", async () => {
    const named = await longhorn({ snapshots: schedule, backup });
    expect(named("class").inputs["parameters"]).toMatchObject({
      backupTargetName: "guildnet",
      recurringJobSelector: expect.stringContaining("guildnet"),
    });
    expect(named("disposable-class").inputs["parameters"]).not.toHaveProperty("backupTargetName");
    expect(named("disposable-class").inputs["parameters"]).not.toHaveProperty("recurringJobSelector");
    expect(named("snapshots").inputs["spec"]).toMatchObject({ task: "snapshot", cron: "0 * * * *", retain: 24 });
    expect(named("backups").inputs["spec"]).toMatchObject({ task: "backup", cron: "0 3 * * *", retain: 14 });
    expect(named("backup-target").inputs).toMatchObject({
      metadata: { name: "guildnet" },
      spec: { backupTargetURL: backup.url, credentialSecret: "guildnet-backup" },
    });
    for (const name of ["snapshots", "backups", "backup-target"])
      expect(named(name).dependencies).toContain(named("release").urn);
  });

  test("stays with all volumes unless told otherwise, and only then lets itself be uninstalled", async () => {
    const flag = (resource: { inputs: Record<string, unknown> }) =>
      (resource.inputs["values"] as ReturnType<typeof longhornValues>).defaultSettings.deletingConfirmationFlag;
    const kept = await longhorn(),
      disposable = await longhorn({ keepData: false });
    for (const name of ["namespace", "release", "class", "disposable-class"]) {
      expect(kept(name).retainOnDelete, name).toBe(true);
      expect(disposable(name).retainOnDelete, name).toBe(false);
    }
    expect([flag(kept("release")), flag(disposable("release"))]).toEqual([false, true]);
  });

  test("is upstream's release in the one namespace that lets it", async () => {
    const named = await longhorn();
    expect(named("release").inputs).toMatchObject({
      name: "longhorn",
      namespace: "longhorn-system",
      chart: "longhorn",
      version: "1.12.1",
      repositoryOpts: { repo: "https://charts.longhorn.io" },
    });
    expect(named("namespace").inputs["metadata"]).toMatchObject({
      name: "longhorn-system",
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    });
    expect(
      (await longhorn({ chart: { repository: "oci://example.org/charts", version: "1.12.2" } }))("release").inputs,
    ).toMatchObject({ version: "1.12.2", repositoryOpts: { repo: "oci://example.org/charts" } });
  });

  test("has settings of a person's own in place of this project's", async () => {
    const values = longhornValues({ ...resolved, settings: { nodeDrainPolicy: "always-allow" } });
    expect(values.defaultSettings).toMatchObject({ nodeDrainPolicy: "always-allow", upgradeChecker: false });
  });
});

describe("arguments that can't be", () => {
  test.each<[LonghornArgs, string]>([
    [{ replicas: 0 }, "replicas is 0"],
    [{ replicas: 1.5 }, "replicas is 1.5"],
    [{ dataPath: "longhorn" }, '"longhorn"'],
    [{ backup: { ...backup, url: "s3://volumes/" } }, "s3://<bucket>@<region>/"],
    [{ backup: { ...backup, cron: "daily" } }, "backup.cron"],
    [{ snapshots: { cron: "0 * * *", retain: 24 } }, "snapshots.cron"],
    [{ snapshots: { cron: "0 * * * *", retain: 0 } }, "snapshots.retain"],
  ])("%j", (args, part) => {
    expect(longhornMistakes(args).join("; ")).toContain(part);
  });

  test("are refused before anything is registered, all at once", async () => {
    const all = await record(() => {
      expect(() => new Longhorn("it", { replicas: 0, dataPath: "x" })).toThrow(/replicas.*dataPath/);
    });
    expect(all).toEqual([]);
  });

  test.each(["s3://volumes@us-east-1/", "s3://a.b-c@eu-central-1/guild/volumes/"])("%s is a bucket", (url) =>
    expect(url).toMatch(BACKUP_URL),
  );
});

test("Talos machines have iSCSI, the tools, and the data's folder shared with what runs in the kubelet", () => {
  const { systemExtensions, patch } = longhornMachine("/var/mnt/longhorn");
  expect(systemExtensions).toEqual(["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"]);
  expect(patch.machine.kubelet.extraMounts).toEqual([
    { destination: "/var/mnt/longhorn", type: "bind", source: "/var/mnt/longhorn", options: ["bind", "rshared", "rw"] },
  ]);
});
