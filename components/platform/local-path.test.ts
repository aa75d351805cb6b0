import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WORKSPACE_USER } from "../workspace/deployment.ts";
import { record } from "../testing/record.ts";
import { provisionerConfig, setupScript, teardownScript } from "./local-path.ts";
import { Storage } from "./storage.ts";
import * as k8s from "@pulumi/kubernetes";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "local-path-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, volume: string): void {
  const { status, stderr } = spawnSync("sh", ["-c", script], { env: { ...process.env, VOL_DIR: volume }, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

test("a volume that is set up again keeps its files; teardown removes it, whatever its name holds", () => {
  const volume = join(folder, "ws ada; true", "home");
  run(setupScript, volume);
  writeFileSync(join(volume, "note"), "kept");
  run(setupScript, volume);
  expect(readFileSync(join(volume, "note"), "utf8")).toBe("kept");
  run(teardownScript, volume);
  expect(existsSync(volume)).toBe(false);
});

test.runIf(process.getuid?.() === 0)("a home belongs to its person, also one that is found again, and every other volume to whoever it is mounted for", () => {
  const home = join(folder, "ws-ada", "home"), other = join(folder, "app-wiki", "data");
  const modeOf = (path: string) => { const { uid, gid, mode } = statSync(path); return [uid, gid, (mode & 0o777).toString(8)]; };
  run(setupScript, home);
  run(setupScript, other);
  expect(modeOf(home)).toEqual([WORKSPACE_USER, WORKSPACE_USER, "700"]);
  expect(modeOf(other)).toEqual([0, 0, "777"]);
  // As they were made once.
  chownSync(home, 0, 0);
  chmodSync(home, 0o777);
  run(setupScript, home);
  expect(modeOf(home)).toEqual([WORKSPACE_USER, WORKSPACE_USER, "700"]);
  // Its person may think otherwise.
  chmodSync(home, 0o755);
  run(setupScript, home);
  expect(modeOf(home)).toEqual([WORKSPACE_USER, WORKSPACE_USER, "755"]);
});

test("volumes of every node go below one folder", () => {
  expect(provisionerConfig("/volumes").nodePathMap).toEqual([{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: ["/volumes"] }]);
});

test("one class keeps files and is the default, one removes them; folders are named after their claim", async () => {
  const all = await record(() => new Storage("it", { image: "example.org/storage:1", path: "/volumes" }, { provider: new k8s.Provider("outer") }));
  const classes = all.filter(({ type }) => type.endsWith(":StorageClass")).map(({ inputs }) => inputs);
  expect(classes).toHaveLength(2);
  expect(classes).toEqual(expect.arrayContaining([
    expect.objectContaining({ reclaimPolicy: "Retain", metadata: expect.objectContaining({ name: "local-path", annotations: expect.objectContaining({ "storageclass.kubernetes.io/is-default-class": "true" }) }) }),
    expect.objectContaining({ reclaimPolicy: "Delete", metadata: expect.objectContaining({ name: "local-path-disposable", annotations: expect.objectContaining({ "storageclass.kubernetes.io/is-default-class": "false" }) }) }),
  ]));
  for (const { parameters } of classes) expect(parameters).toEqual({ pathPattern: "{{ .PVC.Namespace }}/{{ .PVC.Name }}" });
});

test("the provisioner is told the names of its own ConfigMap and account", async () => {
  const all = await record(() => new Storage("it", { image: "example.org/storage:1", path: "/volumes" }, { provider: new k8s.Provider("outer") }));
  const named = (suffix: string) => (all.find(({ name }) => name === `it-${suffix}`)!.inputs["metadata"] as { name: string }).name;
  const spec = all.find(({ name }) => name === "it-provisioner")?.inputs["spec"] as { template: { spec: { containers: { args: string[] }[]; serviceAccountName: string } } };
  const args = spec.template.spec.containers[0]?.args ?? [];
  expect(args[args.indexOf("--configmap-name") + 1]).toBe(named("config"));
  expect(args[args.indexOf("--service-account-name") + 1]).toBe(named("account"));
  expect(spec.template.spec.serviceAccountName).toBe(named("account"));
});
