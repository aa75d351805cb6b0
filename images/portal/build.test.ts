import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

const { buildUi } = (await import(new URL("build.mjs", import.meta.url).href)) as {
  buildUi(outDir: string): Promise<void>;
};

test("pages are the same whatever NODE_ENV a shell has, and have no path of the machine in them", async () => {
  vi.stubEnv("NODE_ENV", "development");
  const folder = await mkdtemp(join(tmpdir(), "guildnet-portal-pages-"));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  await buildUi(join(folder, "ui"));
  expect(process.env.NODE_ENV).toBe("development");
  const assets = join(folder, "ui", "assets"),
    scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(2);
  for (const name of scripts) expect(await readFile(join(assets, name), "utf8")).not.toContain(import.meta.dirname);
});
