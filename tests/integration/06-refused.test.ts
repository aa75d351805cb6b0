import { execa } from "execa";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  changesAhead,
  configure,
  guildnet,
  home,
  kubectl,
  mustGuildnet,
  onePerson,
  ports,
  root,
  stackFiles,
  type WorkspaceConfig,
} from "../support/guildnet.ts";

/** Where a stack of its own would be, had the machine allowed it. */
const elsewhere = { ...onePerson, portal: { port: 18290 }, cluster: { kind: "embedded", apiPort: 18291 } };
const refusedCluster = join(home, "clusters", "guildnet-refused-cluster");

describe("a run that cannot be", () => {
  afterEach(() => configure(onePerson));
  afterAll(async () => {
    expect(await mustGuildnet("up")).toContain("is unchanged");
    expect(await changesAhead()).toEqual([]);
  });

  test("for mistakes in the config tells all of them, and changes nothing", async () => {
    const before = await podIds();
    configure({
      workspaces: [
        { owner: "Ada" },
        { owner: "bob", storage: "ten" },
        { owner: "eve", colour: "red" } as WorkspaceConfig,
      ],
      portal: { port: 0 },
    });
    const { exitCode, all } = await guildnet("up");
    expect(exitCode).not.toBe(0);
    for (const said of [
      "4 mistakes; nothing was changed",
      "workspaces[0].owner",
      '"Ada"',
      "workspaces[1].storage",
      '"ten"',
      "workspaces[2].colour",
      "portal.port",
    ])
      expect(all).toContain(said);
    expect(all).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    expect(await podIds()).toBe(before);
  });

  test("for a port in use names the key, and the stack goes on as it was", async () => {
    const before = await podIds();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(18093, "127.0.0.1", resolve));
    try {
      configure({ ...onePerson, portal: { port: 18093 } });
      const { exitCode, all } = await guildnet("up");
      expect(exitCode).not.toBe(0);
      expect(all).toMatch(/port 18093 of 127\.0\.0\.1 is in use[^]*portal\.port/);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
    expect((await guildnet("status")).all).toContain(`https://guildnet.localhost:${ports.portal}`);
    expect(await podIds()).toBe(before);
  });

  test("without root says what it would need it for, and starts nothing", async () => {
    const { exitCode, all } = await inNamespace(["--user"], "up");
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/needs root[^]*sudo/);
    expect(existsSync(join(refusedCluster, "data"))).toBe(false);
  });

  test("without space says how much it needs and where, and starts nothing", async () => {
    const { exitCode, all } = await inNamespace(
      ["--mount"],
      "up",
      `mount -t tmpfs -o size=64m tmpfs "${join(home, "clusters")}"`,
    );
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/only 0\.\d GiB are free at .*clusters, the cluster needs 3\.0 GiB[^]*GUILDNET_HOME/);
    expect(existsSync(refusedCluster)).toBe(false);
  });
});

/** The names and ids of all pods: they stay while nothing is changed. */
function podIds(): Promise<string> {
  return kubectl(
    "get",
    "pods",
    "--all-namespaces",
    "--selector",
    "app.kubernetes.io/part-of=guildnet",
    "--output",
    "jsonpath={.items[*].metadata.uid}",
  );
}

/** Runs a verb on a new stack with namespaces of its own; in a user namespace without a mapping nobody is root. */
async function inNamespace(
  flags: readonly string[],
  verb: string,
  before = "true",
): Promise<{ exitCode?: number; all: string }> {
  configure(elsewhere, "refused");
  const command = `${before} && exec "$0" toolchain/bootstrap.mjs ${verb} --stack refused`;
  const result = await execa("unshare", [...flags, "sh", "-c", command, process.execPath], {
    cwd: root,
    reject: false,
    stdin: "ignore",
    all: true,
    env: { GUILDNET_STACK_FILES: stackFiles },
  });
  await mustGuildnet("destroy", ["--data"], "refused");
  return result;
}
