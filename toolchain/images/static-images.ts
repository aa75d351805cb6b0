import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { debianPackage } from "./packages.ts";
import type { Kitchen } from "./recipes.ts";
import { withScratch } from "./scratch.ts";

const PAUSE_SOURCE = fileURLToPath(new URL("pause/pause.c", import.meta.url));

/** The sandbox image: one static program. */
export async function pause(reference: string, { store }: Kitchen): Promise<void> {
  await store.compose(reference, "scratch", async (root) => {
    await execa("cc", ["-Os", "-Wall", "-static", "-s", "-o", join(root, "pause"), PAUSE_SOURCE]);
  }, ["--entrypoint", '["/pause"]', "--user", "65535:65535"]);
}

/** A shell and the small tools, from Debian's static busybox, under each applet's name. */
export async function busybox(reference: string, { store }: Kitchen): Promise<void> {
  await withScratch(store.home, async (scratch) => {
    const binary = join(await debianPackage("busybox-static", scratch), "bin/busybox");
    const applets = (await execa(binary, ["--list"])).stdout.split("\n").filter((applet) => applet !== "busybox");
    await store.compose(reference, "scratch", async (root) => {
      await mkdir(join(root, "bin"));
      await copyFile(binary, join(root, "bin/busybox"));
      await Promise.all(applets.map((applet) => symlink("busybox", join(root, "bin", applet))));
      await Promise.all(["etc", "tmp", "root", "var"].map((folder) => mkdir(join(root, folder))));
      await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
      await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    }, ["--env", "PATH=/bin", "--cmd", '["sh"]']);
  });
}
