import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { Vault, type VaultOptions } from "../vault/vault.ts";

/** An empty folder of a test's own, gone with it. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "guildnet-notes-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** A vault of these notes, without git. */
export async function vaultOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<VaultOptions> = {},
): Promise<Vault & { readonly folder: string }> {
  const base = await scratchFolder();
  const folder = options.folder ?? join(base, "vault");
  await mkdir(folder, { recursive: true });
  await writeFiles(folder, files);
  const vault = await Vault.open({ indexFile: join(base, "index.db"), ...options, folder });
  onTestFinished(() => vault.close());
  return Object.assign(vault, { folder });
}
