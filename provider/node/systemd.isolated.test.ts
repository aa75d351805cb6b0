import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { disableUnit, environmentFile, hasSystemd, removeUnit, startUnit, unitFile } from "./systemd.ts";

const unit = (
  folder = "/srv/.guildnet/clusters/lab",
  toolchain: string | undefined = "/srv/guildnet/toolchain/bootstrap.mjs",
): string[] => unitFile({ clusterName: "lab", folder, toolchain }).split("\n");

/** A machine whose systemctl writes down what it is asked. */
function machine(): { units: string; asked: () => string[] } {
  const bin = scratchFolder(),
    units = scratchFolder(),
    log = join(bin, "log");
  writeFileSync(join(bin, "systemctl"), `#!/bin/sh\necho "$*" >>${log}\n`, { mode: 0o755 });
  writeFileSync(log, "");
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    units,
    asked: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== ""),
  };
}

describe("a node's unit", () => {
  test("starts the node from its folder alone, after the toolchain has renewed what is due", () => {
    expect(unit()).toContain(
      'ExecStart="/bin/bash" "/srv/.guildnet/clusters/lab/run/start" "/srv/.guildnet/clusters/lab"',
    );
    expect(unit()).toContain(
      `ExecStartPre=-"/usr/bin/timeout" "--kill-after=5" "120" "${process.execPath}" "/srv/guildnet/toolchain/bootstrap.mjs" "cluster-prepare" "lab"`,
    );
    expect(unitFile({ clusterName: "lab", folder: "/g", toolchain: undefined })).not.toContain("ExecStartPre");
  });

  test("has its cgroups left to it, and is not ended for a pod that runs out of memory", () => {
    expect(unit()).toEqual(
      expect.arrayContaining(["Delegate=yes", "OOMPolicy=continue", "TasksMax=infinity", "WantedBy=multi-user.target"]),
    );
  });

  test("names folders to the letter, whatever systemd reads into them", () => {
    const folder = "/home/a b/100%/$x";
    expect(unit(folder)).toContain('ExecStart="/bin/bash" "/home/a b/100%%/$$x/run/start" "/home/a b/100%%/$$x"');
    expect(unit("/home/a b/100%/clusters/$x")).toContain('Environment="GUILDNET_HOME=/home/a b/100%%"');
    expect(unit(folder)).toContain("EnvironmentFile=-/home/a b/100%%/$x/etc/environment");
  });

  test("takes the environment to the letter", () => {
    expect(environmentFile({ PATH: "/bin", PROXY: 'http://a:$b"\\`@c' })).toBe(
      'PATH="/bin"\nPROXY="http://a:\\$b\\"\\\\\\`@c"\n',
    );
  });
});

test("a unit is started now and with the machine; stopped by a person not any more; and removed without a trace", async () => {
  const { units, asked } = machine();
  await startUnit("lab", "/g/clusters/lab", units);
  expect(readdirSync(units)).toEqual(["guildnet-lab.service"]);
  expect(asked()).toEqual([
    "daemon-reload",
    "enable --quiet guildnet-lab.service",
    "reset-failed guildnet-lab.service",
    "start guildnet-lab.service",
  ]);
  await disableUnit("lab", units);
  expect(asked().slice(-2)).toEqual(["disable --quiet guildnet-lab.service", "reset-failed guildnet-lab.service"]);
  await removeUnit("lab", units);
  expect(readdirSync(units)).toEqual([]);
  expect(asked().slice(-3)).toEqual([
    "disable --quiet guildnet-lab.service",
    "daemon-reload",
    "reset-failed guildnet-lab.service",
  ]);
});

test("a node without a unit needs no systemctl", async () => {
  const { units, asked } = machine();
  await disableUnit("lab", units);
  await removeUnit("lab", units);
  expect(asked()).toEqual([]);
  expect(existsSync(units)).toBe(true);
});

test("systemd is there where its folder is", () => {
  const folder = scratchFolder();
  expect([hasSystemd(folder), hasSystemd(join(folder, "none"))]).toEqual([true, false]);
});
