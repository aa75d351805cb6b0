/** An image made in ada's workspace, of its own files and by its own means. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubectl, root } from "../guildnet.ts";

export const registryHost = "registry.guildnet-registry.svc";
export const layout = "/tmp/image";
const files = "/tmp/rootfs";

/** One that serves what it says, at port 8080. */
export async function makeImage(says: string): Promise<void> {
  const libraries = (await inWorkspace("ldd", "/usr/bin/perl")).match(/\/\S+/g) ?? [];
  if (libraries.length < 3) throw new Error(`perl has no libraries: ${libraries.join(" ")}`);
  const modules = await inWorkspace(
    "perl",
    "-MIO::Socket::INET",
    "-MFile::Basename",
    "-e",
    'print dirname($INC{"strict.pm"})',
  );
  await inWorkspace("rm", "-rf", layout, files);
  await inWorkspace("mkdir", files);
  await inWorkspace("cp", "--recursive", "--parents", "--dereference", "/usr/bin/perl", modules, ...libraries, files);
  await write(`${files}/serve.pl`, readFileSync(join(root, "tests/support/hello/serve.pl"), "utf8"));
  await write(`${files}/says`, says);
  await inWorkspace("umoci", "init", "--layout", layout);
  await inWorkspace("umoci", "new", "--image", `${layout}:app`);
  await inWorkspace("umoci", "insert", "--rootless", "--image", `${layout}:app`, files, "/");
  await inWorkspace(
    "umoci",
    "config",
    "--image",
    `${layout}:app`,
    "--config.entrypoint",
    "/usr/bin/perl",
    "--config.cmd",
    "/serve.pl",
  );
}

async function write(path: string, content: string): Promise<void> {
  await inWorkspace("perl", "-e", "open my $file, '>', $ARGV[0] or die; print $file $ARGV[1]", path, content);
}

/** Pushes the image that was made last. @param name below the registry's host */
export function push(name: string): Promise<string> {
  return inWorkspace("skopeo", "copy", `oci:${layout}:app`, `docker://${registryHost}/${name}`);
}

export function inWorkspace(...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", ...command);
}
