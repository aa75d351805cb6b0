import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { localPlace } from "./local.ts";
import type { Place } from "./place.ts";

function place(env?: Record<string, string>): Place {
  const home = mkdtempSync(join(tmpdir(), "guildnet-place-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return localPlace(home, env);
}

describe("a program of this machine", () => {
  test("gets what it reads, its environment and its folder, and says all that it says", async () => {
    const here = place({ OF: "the place" });
    expect(
      await here.run(["sh", "-c", 'cat; echo "$OF $BESIDE $RAD_HOME"; pwd; echo worse >&2; exit 3'], {
        stdin: "read\n",
        env: { BESIDE: "and more" },
      }),
    ).toEqual({
      exitCode: 3,
      stdout: `read\nthe place and more ${here.radHome}\n${here.radHome}\n`,
      stderr: "worse\n",
      isCut: false,
    });
  });

  test("that isn't there is told so", async () => {
    expect(await place().run(["guildnet-no-such-program"])).toMatchObject({
      exitCode: undefined,
      stderr: expect.stringContaining("ENOENT"),
    });
  });

  test("is ended with all that it started, once its time is over", async () => {
    const here = place();
    const ran = await here.run(["flock", `${here.radHome}/lock`, "sh", "-c", "sleep 600 | cat"], {
      milliseconds: 500,
    });
    expect(ran).toMatchObject({ exitCode: undefined, stderr: expect.stringContaining("500 milliseconds") });
    // Whatever was left would have the lock.
    expect(await here.run(["flock", "--nonblock", `${here.radHome}/lock`, "true"])).toMatchObject({ exitCode: 0 });
  });

  test("is cut where it says too much", async () => {
    const ran = await place().run(["yes"], { maxBytes: 1000 });
    expect(ran).toMatchObject({ isCut: true });
    expect(ran.stdout).toHaveLength(1000);
  });
});
