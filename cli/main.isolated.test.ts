import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { main, program } from "./main.ts";
import { UserError } from "../toolchain/errors.ts";

const pulumiCommand = vi.hoisted(() => vi.fn());
const upCommand = vi.hoisted(() => vi.fn());
const destroyCommand = vi.hoisted(() => vi.fn());
const testCommand = vi.hoisted(() => vi.fn());
vi.mock("./commands/pulumi.ts", () => ({ pulumiCommand }));
vi.mock("./commands/up.ts", () => ({ upCommand }));
vi.mock("./commands/destroy.ts", () => ({ destroyCommand }));
vi.mock("./commands/test.ts", () => ({ testCommand }));

beforeEach(() => vi.stubEnv("PULUMI_STACK", undefined));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.clearAllMocks();
  process.exitCode = undefined;
});

describe("main", () => {
  it("hands the engine every argument as it is", async () => {
    for (const args of [
      ["preview", "--diff"],
      ["--stack", "homelab", "up", "--help"],
      ["-h"],
      ["stack", "graph", "--offline"],
    ]) {
      await main(["pulumi", ...args]);
      expect(pulumiCommand).toHaveBeenLastCalledWith(args, "dev");
    }
  });

  it("takes the stack from the flag, else from PULUMI_STACK, else dev", async () => {
    await main(["up"]);
    vi.stubEnv("PULUMI_STACK", "env");
    await main(["up"]);
    await main(["up", "--stack", "flag"]);
    expect(upCommand.mock.calls).toEqual([["dev"], ["env"], ["flag"]]);
  });

  it("keeps to package registries with --offline", async () => {
    vi.stubEnv("GUILDNET_TOOLCHAIN", "");
    await main(["up", "--offline"]);
    expect(process.env.GUILDNET_TOOLCHAIN).toBe("registries");
  });

  it("removes data only when told to", async () => {
    await main(["destroy"]);
    await main(["destroy", "--data", "--yes"]);
    await main(["destroy", "--cwd", "examples/storage"]);
    expect(destroyCommand.mock.calls).toEqual([
      ["dev", { data: false, yes: false, projectFolder: "." }],
      ["dev", { data: true, yes: true, projectFolder: "." }],
      ["dev", { data: false, yes: false, projectFolder: "examples/storage" }],
    ]);
  });

  it("passes vitest its own flags", async () => {
    await main(["test", "toolchain", "-t", "name", "--reporter=dot"]);
    expect(testCommand).toHaveBeenCalledWith(["toolchain", "-t", "name", "--reporter=dot"]);
  });

  it("prints what a person can act on without a stack, and fails", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    upCommand.mockRejectedValueOnce(new UserError("x", "Do this."));
    await main(["up"]);
    expect(stderr.mock.calls.flat().join("")).toBe("\nDo this.\n");
    upCommand.mockRejectedValueOnce(Object.assign(new Error("EROFS"), { code: "EROFS", path: "/x" }));
    await main(["up"]);
    expect(stderr.mock.calls.at(-1)).toEqual([
      expect.stringMatching(/^\n\/x can't be opened or written: its file system is read-only/),
    ]);
    expect(process.exitCode).toBe(1);
    stderr.mockRestore();
  });

  it("does not swallow a mistake of ours", async () => {
    upCommand.mockRejectedValueOnce(new TypeError("bug"));
    await expect(main(["up"])).rejects.toThrow("bug");
  });
});

it("describes every command", () => {
  for (const command of program().commands) expect(command.description(), command.name()).not.toBe("");
});
