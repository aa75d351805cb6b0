import { describe, expect, it } from "vitest";
import { parseEngineArguments, stackToMake, withDefaults, withoutProjectFolder } from "./arguments.ts";

describe("parseEngineArguments", () => {
  it.each([
    [
      ["preview"],
      {
        command: "preview",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: false,
      },
    ],
    [
      ["--stack", "homelab", "up", "--yes"],
      {
        command: "up",
        stack: "homelab",
        changesConfig: false,
        updates: true,
        changesState: true,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: false,
      },
    ],
    [
      ["up", "-s", "homelab"],
      {
        command: "up",
        stack: "homelab",
        changesConfig: false,
        updates: true,
        changesState: true,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: false,
      },
    ],
    [
      ["stack", "graph", "--stack=a/b/c", "out.dot"],
      {
        command: "stack",
        stack: "a/b/c",
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["-C", "elsewhere", "config", "set", "a", "b"],
      {
        command: "config",
        stack: undefined,
        projectFolder: "elsewhere",
        changesConfig: true,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["refresh", "--preview-only"],
      {
        command: "refresh",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["destroy", "--help"],
      {
        command: "destroy",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["--help"],
      {
        command: undefined,
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["config", "set", "a", "--", "--stack"],
      {
        command: "config",
        stack: undefined,
        changesConfig: true,
        updates: false,
        changesState: false,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["up", "--debug"],
      {
        command: "up",
        stack: undefined,
        changesConfig: false,
        updates: true,
        changesState: true,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: true,
      },
    ],
    [
      ["preview", "-d"],
      {
        command: "preview",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: true,
      },
    ],
    [
      ["destroy", "-yd"],
      {
        command: "destroy",
        stack: undefined,
        changesConfig: false,
        updates: true,
        changesState: true,
        runsTheProgram: false,
        readsSecrets: true,
        debugs: true,
      },
    ],
    [
      ["preview", "--diff"],
      {
        command: "preview",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: false,
        runsTheProgram: true,
        readsSecrets: true,
        debugs: false,
      },
    ],
    [
      ["stack", "import", "--file", "x"],
      {
        command: "stack",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: true,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["cancel", "homelab", "--yes"],
      {
        command: "cancel",
        stack: "homelab",
        changesConfig: false,
        updates: false,
        changesState: true,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["stack", "rm", "homelab"],
      {
        command: "stack",
        stack: "homelab",
        changesConfig: false,
        updates: false,
        changesState: true,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
    [
      ["state", "delete", "urn"],
      {
        command: "state",
        stack: undefined,
        changesConfig: false,
        updates: false,
        changesState: true,
        runsTheProgram: false,
        readsSecrets: false,
        debugs: false,
      },
    ],
  ])("reads %j", (args, expected) => expect(parseEngineArguments(args)).toEqual(expected));
});

describe("withoutProjectFolder", () => {
  it.each([
    [
      ["-C", "examples/storage", "up", "--yes"],
      ["up", "--yes"],
    ],
    [
      ["up", "--cwd", "x", "-s", "a"],
      ["up", "-s", "a"],
    ],
    [["--cwd=x", "preview"], ["preview"]],
    [
      ["config", "set", "k", "--", "-C", "x"],
      ["config", "set", "k", "--", "-C", "x"],
    ],
  ])("shortens %j", (args, expected) => expect(withoutProjectFolder(args)).toEqual(expected));
});

describe("withDefaults", () => {
  const defaults = { configFile: "/h/Pulumi.dev.yaml", policyPack: "/p/policy" };

  it.each([
    [["preview"], ["preview", "--config-file", "/h/Pulumi.dev.yaml", "--policy-pack", "/p/policy"]],
    [
      ["up", "--policy-pack", "mine"],
      ["up", "--policy-pack", "mine", "--config-file", "/h/Pulumi.dev.yaml"],
    ],
    [
      ["up", "--config-file=x", "--policy-pack=y"],
      ["up", "--config-file=x", "--policy-pack=y"],
    ],
    [["destroy"], ["destroy", "--config-file", "/h/Pulumi.dev.yaml"]],
    [
      ["config", "set", "k", "--", "-v"],
      ["config", "set", "k", "--config-file", "/h/Pulumi.dev.yaml", "--", "-v"],
    ],
    [
      ["stack", "output"],
      ["stack", "output"],
    ],
    [
      ["stack", "rm", "--yes"],
      ["stack", "rm", "--yes", "--preserve-config"],
    ],
    [["--version"], ["--version"]],
  ])("completes %j", (args, expected) => expect(withDefaults(args, defaults)).toEqual(expected));

  it.each([
    [["up"], ["up", "--suppress-permalink=true"]],
    [
      ["up", "--suppress-permalink"],
      ["up", "--suppress-permalink"],
    ],
    [["preview"], ["preview"]],
  ])("points at no page in %j where there is none", (args, expected) =>
    expect(withDefaults(args, { permalink: false })).toEqual(expected),
  );

  it("has events written down where it is told to", () =>
    expect(withDefaults(["preview", "--", "x"], { eventLog: "/t/events.json" })).toEqual([
      "preview",
      "--event-log",
      "/t/events.json",
      "--",
      "x",
    ]));

  it("adds nothing that there is not", () => expect(withDefaults(["up"], {})).toEqual(["up"]));
});

describe("stackToMake", () => {
  it.each([
    ["stack init lab", "lab"],
    ["-C examples/storage stack init lab --no-select", "lab"],
    ["stack init --stack lab", "lab"],
    ["stack init", undefined],
    ["stack init lab --secrets-provider awskms://alias/x", undefined],
    ["stack init lab --copy-config-from dev", undefined],
    ["stack init --help", undefined],
    ["stack ls", undefined],
  ])("%s", (line, name) => {
    expect(stackToMake(line.split(" "))).toBe(name);
  });
});
