import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openLog } from "../log.ts";
import { goBuild, type GoBuild } from "../tools/go-build.ts";
import { placeBusybox, staticBusybox } from "./busybox.ts";
import type { Builder } from "./recipe.ts";
import { debianPackage } from "./packages.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

/** CoreDNS at /coredns, as upstream places it, with the certificate authorities a `forward` over TLS needs. */
export async function coredns(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled({ module: "coredns", command: ".", variables: {} }, scratch, builder);
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await place(binary, join(root, "coredns"));
        await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
        await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), authorities);
      },
      [
        "--entrypoint",
        '["/coredns"]',
        "--port",
        "53",
        "--port",
        "53/udp",
        "--user",
        "65532:65532",
        "--workingdir",
        "/",
      ],
    );
  });
}

/** The storage provisioner at upstream's place, beside a shell: its helper pods run in the same image. */
export async function localPathProvisioner(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled(
      {
        module: "local-path-provisioner",
        command: "github.com/rancher/local-path-provisioner",
        variables: { "main.VERSION": parseReference(reference).tag },
      },
      scratch,
      builder,
    );
    const shell = await staticBusybox(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await placeBusybox(shell, root);
        await place(binary, join(root, "usr/bin/local-path-provisioner"));
      },
      ["--env", "PATH=/usr/bin:/bin", "--cmd", '["local-path-provisioner"]'],
    );
  });
}

/** The CNCF registry at the place of Docker's own image of it, with the authorities it would need as a mirror. */
export async function registry(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled(
      {
        module: "registry",
        command: ".",
        variables: { "github.com/distribution/distribution/v3/version.version": `v${parseReference(reference).tag}` },
      },
      scratch,
      builder,
    );
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await place(binary, join(root, "bin/registry"));
        await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
        await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), authorities);
      },
      ["--env", "PATH=/bin", "--env", "OTEL_TRACES_EXPORTER=none", "--entrypoint", '["registry"]', "--port", "5000"],
    );
  });
}

/** Compiles into the scratch folder and returns the program's path. @param name of the program, where a module has several */
export async function compiled(
  build: Omit<GoBuild, "output">,
  scratch: string,
  { store: { home }, log }: Builder,
  name = build.module,
): Promise<string> {
  const output = join(scratch, `${name}.program`);
  await goBuild({ ...build, output }, { home, log: openLog(home, `go-${build.module}`), report: log });
  return output;
}

/** Mozilla's list as Debian packs it: this machine's own bundle may hold a private authority. */
export async function mozillaAuthorities(builder: Builder, scratch: string): Promise<string> {
  const folder = join(await debianPackage(builder, "ca-certificates", scratch), "usr/share/ca-certificates/mozilla");
  const files = (await readdir(folder)).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))).join("");
}

/** Copies a program into an image. */
export async function place(binary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(binary, path);
  await chmod(path, 0o755);
}

/** What programs expect of any system: the certificate authorities, and somewhere to put temporary files. */
export async function placeBasics(root: string, authorities: string): Promise<void> {
  await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
  await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), authorities);
  await mkdir(join(root, "tmp"), { recursive: true });
  await chmod(join(root, "tmp"), 0o1777);
}
