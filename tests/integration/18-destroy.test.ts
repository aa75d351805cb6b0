import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  clusterFolder,
  configure,
  everything,
  guildnet,
  kubectl,
  mustGuildnet,
  upUnlessUp,
} from "../support/guildnet.ts";

beforeAll(() => upUnlessUp(everything));

describe("destroy", () => {
  test("keeps what people made, says where, and the next up finds it again", async () => {
    await vi.waitFor(
      () => kubectl("rollout", "status", "--namespace", "ws-ada", "deploy/workspace", "--timeout", "60s"),
      { timeout: 60_000 },
    );
    await kubectl(
      "exec",
      "--namespace",
      "ws-ada",
      "deploy/workspace",
      "--",
      "sh",
      "-c",
      "echo precious > /home/guild/project/precious",
    );
    const text = await mustGuildnet("destroy");
    const home = join(clusterFolder, "volumes", "ws-ada", "home");
    expect(text).toContain(join(clusterFolder, "volumes"));
    expect(readFileSync(join(home, "project", "precious"), "utf8")).toBe("precious\n");
    expect(existsSync(join(clusterFolder, "data"))).toBe(false);
    configure({ ...everything, workspaces: [{ owner: "bob", name: "ada" }] });
    const { exitCode, all } = await guildnet("up");
    expect(exitCode).not.toBe(0);
    expect(all).toContain('ada, whose home was kept under the name "ada"');
    configure(everything);
    await mustGuildnet("up");
    await vi.waitFor(
      async () =>
        expect(
          await kubectl(
            "exec",
            "--namespace",
            "ws-ada",
            "deploy/workspace",
            "--",
            "cat",
            "/home/guild/project/precious",
          ),
        ).toBe("precious"),
      { timeout: 60_000 },
    );
  });

  test("with --data leaves nothing of the stack, and a second time has nothing to do", async () => {
    expect(await mustGuildnet("destroy", ["--data"])).toContain("Nothing is left");
    expect(existsSync(clusterFolder)).toBe(false);
    expect(await mustGuildnet("destroy", ["--data"])).toContain("Nothing is left");
  });
});
