import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test } from "vitest";
import { ConfigError } from "./check/mistakes.ts";
import { readSettings } from "./config.ts";

afterEach(() => pulumi.runtime.setAllConfig({}));

describe("the stack's config", () => {
  test("may be nothing at all", () => {
    expect(readSettings().config.workspaces.map(({ owner }) => owner)).toEqual(["you"]);
  });

  test("is read as the engine hands it on, as JSON", () => {
    pulumi.runtime.setAllConfig({ "guildnet:guild": JSON.stringify({ workspaces: [{ owner: "ada" }] }) });
    expect(readSettings().config.workspaces.map(({ owner }) => owner)).toEqual(["ada"]);
  });

  test("that is no object is a mistake like others", () => {
    pulumi.runtime.setAllConfig({ "guildnet:guild": "embedded" });
    expect(readSettings).toThrow(ConfigError);
    expect(readSettings).toThrow('found    "embedded"');
  });

  test("hands a kubeconfig on as a secret", async () => {
    const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
    pulumi.runtime.setAllConfig(
      { "guildnet:guild": JSON.stringify({ cluster: { kind: "existing" }, images }), "guildnet:kubeconfig": "text" },
      ["guildnet:kubeconfig"],
    );
    const { kubeconfig } = readSettings();
    expect(await (kubeconfig as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
  });

  test("hands a proxy's credentials on as a secret", async () => {
    pulumi.runtime.setAllConfig(
      {
        "guildnet:guild": JSON.stringify({ proxy: { https: "http://proxy:3128" } }),
        "guildnet:proxyCredentials": "ada:CANARY",
      },
      ["guildnet:proxyCredentials"],
    );
    expect(await (readSettings().proxyCredentials as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
  });

  test("is refused without a stack trace", () => {
    pulumi.runtime.setAllConfig({ "guildnet:guild": JSON.stringify({ nmae: 1, portal: { port: 0 } }) });
    try {
      readSettings();
      expect.unreachable();
    } catch (error) {
      // What the engine's runner asks before it prints a message alone.
      expect(pulumi.RunError.isInstance(error)).toBe(true);
      expect((error as Error).message).toMatch(/portal\.port.*nmae/s);
      expect((error as Error).message).not.toMatch(/\n\s+at /);
    }
  });
});
