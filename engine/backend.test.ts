import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { chooseBackend, prepareBackend } from "./backend.ts";
import { engineEnvironment } from "./session.ts";

const scratch = useScratch();
const own = { kind: "own" } as const;

describe("chooseBackend", () => {
  it("is ours for who is logged in nowhere", () => {
    expect(chooseBackend({}, scratch.path)).toEqual(own);
    writeFileSync(join(scratch.path, "credentials.json"), '{"current":""}');
    expect(chooseBackend({}, scratch.path)).toEqual(own);
  });

  it.each([{ PULUMI_BACKEND_URL: "s3://b" }, { PULUMI_ACCESS_TOKEN: "t" }])("is the user's by %j", (env) => {
    expect(chooseBackend(env, scratch.path)).toEqual({
      kind: "elsewhere",
      credentials: scratch.path,
      by: `the variable ${Object.keys(env)[0]}`,
    });
  });

  it("is the user's after `pulumi login`", () => {
    writeFileSync(join(scratch.path, "credentials.json"), '{"current":"https://api.pulumi.com"}');
    expect(chooseBackend({}, scratch.path)).toMatchObject({
      kind: "elsewhere",
      by: expect.stringContaining("credentials.json") as string,
    });
  });
});

describe("the passphrase", () => {
  it("is made once, for its owner's eyes only", () => {
    prepareBackend(own, scratch.home, {});
    const first = readFileSync(scratch.home.passphrase, "utf8");
    expect(statSync(scratch.home.passphrase).mode & 0o777).toBe(0o600);
    expect(first.trim()).toMatch(/^[\w-]{43}$/);
    prepareBackend(own, scratch.home, {});
    expect(readFileSync(scratch.home.passphrase, "utf8")).toBe(first);
  });

  it("is not replaced when it is lost and there is state to read", () => {
    mkdirSync(join(scratch.home.state, ".pulumi", "stacks"), { recursive: true });
    expect(() => prepareBackend(own, scratch.home, {})).toThrow(expect.objectContaining({ code: "passphrase-lost" }));
    prepareBackend(own, scratch.home, { PULUMI_CONFIG_PASSPHRASE: "known" });
  });
});

describe("engineEnvironment", () => {
  const tools = {
    pulumi: { version: "3", path: "/t/pulumi/3", source: "registries" },
    "pulumi-kubernetes": { version: "4", path: "/t/k/4", source: "registries" },
  } as const;

  it("puts our engine, home, state and passphrase in place", () => {
    const env = engineEnvironment({
      home: scratch.home,
      stack: "dev",
      backend: own,
      tools,
      fetchesPlugins: false,
      toolchainCommand: "/c",
      env: { PATH: "/usr/bin" },
    });
    expect(env).toMatchObject({
      PATH: "/t/pulumi/3/bin:/usr/bin",
      PULUMI_HOME: scratch.home.pulumi,
      PULUMI_STACK: "dev",
      PULUMI_BACKEND_URL: `file://${scratch.home.state}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: scratch.home.passphrase,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      GUILDNET_HOME: scratch.home.root,
      GUILDNET_TOOLCHAIN_CLI: "/c",
    });
  });

  it("leaves a user's own state and passphrase to them", () => {
    const elsewhere = engineEnvironment({
      home: scratch.home,
      stack: "dev",
      backend: { kind: "elsewhere", credentials: "/u", by: "a test" },
      tools,
      fetchesPlugins: false,
      toolchainCommand: "/c",
      env: {},
    });
    expect(elsewhere).toMatchObject({ PULUMI_CREDENTIALS_PATH: "/u" });
    expect(elsewhere).not.toHaveProperty("PULUMI_BACKEND_URL");
    const given = engineEnvironment({
      home: scratch.home,
      stack: "dev",
      backend: own,
      tools,
      fetchesPlugins: false,
      toolchainCommand: "/c",
      env: { PULUMI_CONFIG_PASSPHRASE: "p" },
    });
    expect(given).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  });

  it("lets the engine fetch plugins for a stack that needs others than ours", () => {
    expect(
      engineEnvironment({
        home: scratch.home,
        stack: "dev",
        backend: own,
        tools,
        fetchesPlugins: true,
        toolchainCommand: "/c",
        env: {},
      }),
    ).not.toHaveProperty("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });

  it("keeps what runs here from speaking to itself through a proxy, and leaves the user's own exceptions", () => {
    const env = { HTTPS_PROXY: "http://127.0.0.1:9", no_proxy: "intern.example, 10.0.0.0/8" };
    const { NO_PROXY, no_proxy } = engineEnvironment({
      home: scratch.home,
      stack: "dev",
      backend: own,
      tools,
      fetchesPlugins: false,
      toolchainCommand: "/c",
      env,
    });
    expect(NO_PROXY).toBe("intern.example,10.0.0.0/8,localhost,.localhost,127.0.0.1,::1");
    expect(no_proxy).toBe(NO_PROXY);
  });
});
