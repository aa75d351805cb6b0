import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test, vi } from "vitest";
import { added, census } from "../support/census.ts";
import { removeTestStacks } from "../support/removal.ts";
import { clusterFolder, configure, everything, kubectl, mustGuildnet } from "../support/guildnet.ts";

/** Up already where the tests before it left it. */
beforeAll(async () => {
  configure(everything);
  await mustGuildnet("up");
});

describe("destroy", () => {
  test("keeps what people made, says where, and the next up finds it again", async () => {
    await vi.waitFor(() => kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "60s"), { timeout: 60_000 });
    await kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "sh", "-c", "echo precious > /home/guild/project/precious");
    const text = await mustGuildnet("destroy");
    const home = join(clusterFolder, "volumes", "ws-ada", "home");
    expect(text).toContain(join(clusterFolder, "volumes"));
    expect(readFileSync(join(home, "project", "precious"), "utf8")).toBe("precious\n");
    expect(existsSync(join(clusterFolder, "data"))).toBe(false);
    await mustGuildnet("up");
    await vi.waitFor(async () => expect(await kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "cat", "/home/guild/project/precious")).toBe("precious"), { timeout: 60_000 });
  });

  test("with --data leaves nothing: no process, mount, link, route, table, port, cgroup, setting or file", async () => {
    expect(await mustGuildnet("destroy", ["--data"])).toContain("Nothing is left");
    await removeTestStacks();
    expect(added(inject("before"), await census())).toEqual({});
  });
});
