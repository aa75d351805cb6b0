import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { guildnetHome } from "../../toolchain/home.ts";
import { ensureImage } from "../../toolchain/images/index.ts";
import { withLease } from "../../toolchain/images/leases.ts";
import { ImageStore } from "../../toolchain/images/store.ts";

/** Brings an image and copies programs of it into a folder, which must find here all that they are linked with: a C library no older than Debian 12's, or none. */
export async function programsOf(reference: string, paths: readonly string[], folder: string): Promise<void> {
  const silent = (): void => {},
    store = new ImageStore(guildnetHome());
  await ensureImage({ reference });
  await mkdir(folder, { recursive: true });
  await withLease(store, silent, async () => {
    const container = await store.run(["from", "--pull-never", reference]);
    try {
      const root = await store.run(["mount", container]);
      for (const path of paths) await copyFile(join(root, path), join(folder, basename(path)));
      await store.run(["umount", container]);
    } finally {
      await store.run(["rm", container]);
    }
  });
}
