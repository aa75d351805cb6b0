import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as k8s from "@pulumi/kubernetes";
import { record } from "../testing/record.ts";
import { WORKSPACE_USER } from "../workspace/deployment.ts";
import {
  helperPod,
  provisionerConfig,
  reservedSetupScript,
  reservedTeardownScript,
  setupScript,
  teardownScript,
} from "./local-path.ts";
import { Storage } from "./storage.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "local-path-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, volume: string): void {
  const { status, stderr } = spawnSync("sh", ["-c", script], {
    env: { ...process.env, VOL_DIR: volume },
    encoding: "utf8",
  });
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

test.runIf(process.getuid?.() === 0)(
  "a home belongs to its person, also one that is found again, and every other volume to whoever it is mounted for",
  () => {
    const home = join(folder, "ws-ada", "home"),
      other = join(folder, "app-wiki", "data");
    const modeOf = (path: string) => {
      const { uid, gid, mode } = statSync(path);
      return [uid, gid, (mode & 0o777).toString(8)];
    };
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
  },
);

test("a volume that was made as a file is left to the node, which has it mounted, in whatever way new ones are made", async () => {
  const home = join(folder, "ws-ada", "home"),
    file = join(folder, "ws-ada", ".home.ext4");
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0);
  writeFileSync(file, "");
  run(setupScript, home);
  expect(statSync(home).mode & 0o777).toBe(0);
  const removing = execa("sh", ["-c", teardownScript], { env: { VOL_DIR: home } });
  await vi.waitFor(() => expect(existsSync(`${file}.removed`)).toBe(true), { timeout: 20_000 });
  expect(existsSync(file)).toBe(false);
  rmSync(`${file}.removed`);
  await removing;
  expect(existsSync(home)).toBe(false);
});

test("volumes that are files are made by the node's own script, by pods with a way to its mounts, and no others have one", async () => {
  const config = async (sizes?: "reserved") =>
    (
      await record(
        () =>
          new Storage(
            "it",
            { image: "example.org/storage:1", path: "/volumes", sizes },
            { provider: new k8s.Provider("outer") },
          ),
      )
    ).find(({ name }) => name === "it-config")?.inputs["data"];
  expect(await config("reserved")).toMatchObject({
    setup: reservedSetupScript,
    teardown: reservedTeardownScript,
    "helperPod.yaml": JSON.stringify(helperPod("example.org/storage:1", true)),
  });
  expect(await config()).toMatchObject({
    setup: setupScript,
    teardown: teardownScript,
    "helperPod.yaml": JSON.stringify(helperPod("example.org/storage:1", false)),
  });
  expect(helperPod("image", true).spec).toMatchObject({
    hostPID: true,
    containers: [{ securityContext: { privileged: true } }],
  });
  expect(JSON.stringify(helperPod("image", false))).not.toMatch(/privileged|hostPID/);
});

test.each([true, false])("a pod that could not make a volume is found, and says why (mounts: %s)", (mounts) => {
  expect(helperPod("image", mounts)).toMatchObject({
    metadata: { labels: { "guildnet.io/volume-helper": "true" } },
    spec: { containers: [{ terminationMessagePolicy: "FallbackToLogsOnError" }] },
  });
});

test("the provisioner starts anew when how volumes are made changes: what its pods are like it reads once", async () => {
  const template = async (sizes?: "reserved") =>
    (
      await record(
        () =>
          new Storage(
            "it",
            { image: "example.org/storage:1", path: "/volumes", sizes },
            { provider: new k8s.Provider("outer") },
          ),
      )
    ).find(({ name }) => name === "it-provisioner")?.inputs["spec"] as {
      template: { metadata: { annotations: object } };
    };
  expect((await template("reserved")).template.metadata.annotations).not.toEqual(
    (await template()).template.metadata.annotations,
  );
  expect((await template()).template.metadata.annotations).toEqual((await template()).template.metadata.annotations);
});

test("volumes of every node go below one folder", () => {
  expect(provisionerConfig("/volumes").nodePathMap).toEqual([
    { node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: ["/volumes"] },
  ]);
});

test("one class keeps files and is the default, one removes them; folders are named after their claim", async () => {
  const all = await record(
    () =>
      new Storage("it", { image: "example.org/storage:1", path: "/volumes" }, { provider: new k8s.Provider("outer") }),
  );
  const classes = all.filter(({ type }) => type.endsWith(":StorageClass")).map(({ inputs }) => inputs);
  expect(classes).toHaveLength(2);
  expect(classes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        reclaimPolicy: "Retain",
        metadata: expect.objectContaining({
          name: "local-path",
          annotations: expect.objectContaining({ "storageclass.kubernetes.io/is-default-class": "true" }),
        }),
      }),
      expect.objectContaining({
        reclaimPolicy: "Delete",
        metadata: expect.objectContaining({
          name: "local-path-disposable",
          annotations: expect.objectContaining({ "storageclass.kubernetes.io/is-default-class": "false" }),
        }),
      }),
    ]),
  );
  for (const { parameters } of classes)
    expect(parameters).toEqual({ pathPattern: "{{ .PVC.Namespace }}/{{ .PVC.Name }}" });
});

test("the provisioner is told the names of its own ConfigMap and account", async () => {
  const all = await record(
    () =>
      new Storage("it", { image: "example.org/storage:1", path: "/volumes" }, { provider: new k8s.Provider("outer") }),
  );
  const named = (suffix: string) =>
    (all.find(({ name }) => name === `it-${suffix}`)!.inputs["metadata"] as { name: string }).name;
  const spec = all.find(({ name }) => name === "it-provisioner")?.inputs["spec"] as {
    template: { spec: { containers: { args: string[] }[]; serviceAccountName: string } };
  };
  const args = spec.template.spec.containers[0]?.args ?? [];
  expect(args[args.indexOf("--configmap-name") + 1]).toBe(named("config"));
  expect(args[args.indexOf("--service-account-name") + 1]).toBe(named("account"));
  expect(spec.template.spec.serviceAccountName).toBe(named("account"));
});
