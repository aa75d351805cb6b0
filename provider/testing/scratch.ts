import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";

/** A folder for the running test, gone after it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-provider-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty GUILDNET_HOME for the running test. */
export function scratchHome(): string {
  const home = scratchFolder();
  vi.stubEnv("GUILDNET_HOME", home);
  onTestFinished(() => void vi.unstubAllEnvs());
  return home;
}
