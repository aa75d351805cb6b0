import { join } from "node:path";
import { ProgramInfo, RunPluginRequest, RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { describe, expect, it } from "vitest";
import { PROJECT_ROOT } from "../project.ts";
import { pluginCommand } from "./plugin.ts";
import { programArguments, programResult, sdkConfig } from "./program.ts";
import { sdkEntryPoint } from "./sdk.ts";

const info = new ProgramInfo().setRootDirectory("/r").setProgramDirectory(PROJECT_ROOT).setEntryPoint("index.ts");
const sdk = join(PROJECT_ROOT, "node_modules", "@pulumi", "pulumi", "cmd");

it("starts a program as the SDK expects it", () => {
  const request = new RunRequest()
    .setInfo(info)
    .setMonitorAddress("m:1")
    .setProject("p")
    .setStack("s")
    .setParallel(4)
    .setDryrun(true)
    .setArgsList(["x"]);
  expect(programArguments(request, "e:1")).toEqual([
    "--monitor",
    "m:1",
    "--engine",
    "e:1",
    "--project",
    "p",
    "--root-directory",
    "/r",
    "--stack",
    "s",
    "--pwd",
    PROJECT_ROOT,
    "--parallel",
    "4",
    "--dry-run",
    "index.ts",
    "x",
  ]);
});

it("names config as the SDK does", () => {
  expect(
    sdkConfig([
      ["guildnet:guild", "{}"],
      ["a:b:c", "1"],
    ]),
  ).toEqual({ "guildnet:config:guild": "{}", "a:config:b:c": "1" });
});

it.each([
  [0, null, { bail: false }],
  [32, null, { bail: true }],
  [1, null, { error: "Program exited with non-zero exit code: 1", bail: false }],
  [null, "SIGKILL" as const, { error: "Program was ended by SIGKILL", bail: false }],
])("tells the engine of exit code %s, signal %s", (code, signal, result) =>
  expect(programResult(code, signal)).toEqual(result),
);

describe("pluginCommand", () => {
  const request = (kind: string) =>
    new RunPluginRequest().setInfo(info).setKind(kind).setPwd("/work").setArgsList(["127.0.0.1:1"]);

  it("runs a policy pack in its folder, which it takes last", () => {
    expect(pluginCommand(request("analyzer"))).toEqual({
      args: [join(sdk, "run-policy-pack", "index.js"), "127.0.0.1:1", PROJECT_ROOT],
      cwd: PROJECT_ROOT,
    });
  });

  it("runs a provider where the engine runs, its folder first", () => {
    expect(pluginCommand(request("resource"))).toEqual({
      args: [join(sdk, "run-plugin", "index.js"), PROJECT_ROOT, "127.0.0.1:1"],
      cwd: "/work",
    });
  });
});

it("says what to do where the SDK is missing", () => expect(() => sdkEntryPoint("run", "/")).toThrow(/npm install/));
