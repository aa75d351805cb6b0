import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { debianPackage } from "./packages.ts";
import type { Kitchen } from "./recipes.ts";
import { withScratch } from "./scratch.ts";

const GO_MODULES = fileURLToPath(new URL("../go/", import.meta.url));

/** CoreDNS at /coredns, as upstream places it, with the certificate authorities a `forward` over TLS needs. */
export async function coredns(reference: string, { store, log }: Kitchen): Promise<void> {
  await withScratch(store.home, async (scratch) => {
    const binary = join(scratch, "coredns.bin");
    await goBuild(store.home, "coredns", ".", binary, log);
    const authorities = await mozillaAuthorities(scratch);
    await store.compose(reference, "scratch", async (root) => {
      await place(binary, join(root, "coredns"));
      await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
      await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), authorities);
    }, ["--entrypoint", '["/coredns"]', "--port", "53", "--port", "53/udp", "--user", "65532:65532", "--workingdir", "/"]);
  });
}

/** The storage provisioner at upstream's place. It calls nothing else: its helper pods bring their own shell. */
export async function localPathProvisioner(reference: string, { store, log }: Kitchen): Promise<void> {
  await withScratch(store.home, async (scratch) => {
    const binary = join(scratch, "local-path-provisioner");
    await goBuild(store.home, "local-path-provisioner", "github.com/rancher/local-path-provisioner", binary, log);
    await store.compose(reference, "scratch", (root) => place(binary, join(root, "usr/bin/local-path-provisioner")), [
      "--env", "PATH=/usr/bin", "--cmd", '["local-path-provisioner"]',
    ]);
  });
}

/** Flags and caches are those of the toolchain's other Go builds, so that what one compiled serves all. */
async function goBuild(home: string, module: string, target: string, output: string, log: (line: string) => void): Promise<void> {
  const cache = join(home, "cache", "go");
  const child = execa("go", ["build", "-ldflags", "-s -w", "-o", output, target], {
    cwd: join(GO_MODULES, module),
    env: { GOMODCACHE: join(cache, "mod"), GOCACHE: join(cache, "build"), GOFLAGS: "-modcacherw -buildvcs=false", CGO_ENABLED: "0" },
    stdin: "ignore",
  });
  for await (const line of child.iterable({ from: "stderr" })) log(line);
  await child;
}

/** Mozilla's list as Debian packs it: this machine's own bundle may hold a private authority. */
async function mozillaAuthorities(scratch: string): Promise<string> {
  const folder = join(await debianPackage("ca-certificates", scratch), "usr/share/ca-certificates/mozilla");
  const files = (await readdir(folder)).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))).join("");
}

async function place(binary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(binary, path);
  await chmod(path, 0o755);
}
