import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, expect, it } from "vitest";
import { guildnetHome } from "../../toolchain/home.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import { killOne, processesOf, victims, type Victim } from "../testing/victims.ts";

// The real engine without a cluster, so that a round takes seconds: GUILDNET_KILL_ROUNDS=200 makes a campaign of it.

const inTurn: readonly Victim[] = ["engine", "command", "language host", "program", "plugin of ours"];
const rounds = Number(process.env.GUILDNET_KILL_ROUNDS ?? inTurn.length);
/** Milliseconds within which a whole run takes place. */
const LONGEST = 3_000;
const shapes = ["begin", "change"] as const;

const scratch = mkdtempSync(join(tmpdir(), "guildnet-kills-"));
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

it(
  `is healed by one more up, ${rounds} times, whichever process of an update is killed and when`,
  async () => {
    const project = join(scratch, "project"),
      home = join(scratch, "home");
    cpSync(fileURLToPath(new URL("testing/project", import.meta.url)), project, { recursive: true });
    symlinkSync(join(PROJECT_ROOT, "node_modules"), join(project, "node_modules"));
    mkdirSync(home);
    symlinkSync(guildnetHome().tools, join(home, "tools"));
    const clean = {
      PULUMI_BACKEND_URL: undefined,
      PULUMI_ACCESS_TOKEN: undefined,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_CREDENTIALS_PATH: join(scratch, "nobody"),
    };
    const pulumi = (round: string, ...args: string[]) =>
      execa(process.execPath, [TOOLCHAIN_CLI, "pulumi", "-C", project, ...args], {
        all: true,
        reject: false,
        stdin: "ignore",
        env: { ...clean, GUILDNET_HOME: home, ROUND: round },
      });
    const up = (round: string) => pulumi(round, "up", "--yes", "--skip-preview");

    const moments: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const shape = shapes[round % shapes.length]!,
        whom = inTurn[round % inTurn.length]!;
      const after = Math.round(Math.random() * LONGEST),
        started = Date.now();
      const run = up(shape);
      const isKilled = await killOne(whom, {
        pid: run.pid ?? 0,
        ended: run,
        variable: `GUILDNET_HOME=${home}`,
        isTime: () => Date.now() - started >= after,
      });
      const { all: first } = await run;
      moments.push(`${whom} after ${after} ms: ${isKilled ? "killed" : "had ended"}`);
      const { exitCode, all } = await up(shape);
      expect(exitCode, `round ${round}, ${moments.at(-1)}\n${first}\n--- and then\n${all}`).toBe(0);
    }
    console.info(moments.join("; "));
    expect(moments.filter((moment) => moment.endsWith(": killed")).length).toBeGreaterThan(rounds / 3);
    const last = shapes[(rounds - 1) % shapes.length]!,
      ahead = await pulumi(last, "preview", "--expect-no-changes");
    expect(ahead.exitCode, ahead.all).toBe(0);
    expect(processesOf(victims.engine, `GUILDNET_HOME=${home}`)).toEqual([]);
  },
  30_000 * rounds,
);
