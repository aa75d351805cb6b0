import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Builder } from "./recipe.ts";
import { debianPackage } from "./packages.ts";

/** Fetches Debian's static busybox, a shell and the small tools in one program; returns its path. */
export async function staticBusybox(builder: Builder, scratch: string): Promise<string> {
  return join(await debianPackage(builder, "busybox-static", scratch), "bin/busybox");
}

/** Lays out an empty root folder: busybox under each applet's name, and the few files programs expect. */
export async function placeBusybox(binary: string, root: string): Promise<void> {
  const applets = (await execa(binary, ["--list"])).stdout.split("\n").filter((applet) => applet !== "busybox");
  await Promise.all(["bin", "etc", "root", "var"].map((folder) => mkdir(join(root, folder))));
  await mkdir(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  await copyFile(binary, join(root, "bin/busybox"));
  await Promise.all(applets.map((applet) => symlink("busybox", join(root, "bin", applet))));
  await writeFile(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  );
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
}
