import { chmod, copyFile, cp, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { goEnvironment } from "../tools/go-build.ts";
import { buildContext } from "./bud.ts";
import { placeBusybox, staticBusybox } from "./busybox.ts";
import { compiled, place } from "./go-images.ts";
import type { Builder, Recipe } from "./recipe.ts";
import { debianPackage } from "./packages.ts";
import { withScratch } from "./scratch.ts";

// Images of Kubernetes' own tests: https://github.com/kubernetes/kubernetes/tree/v1.36.3/test/images.
// Their programs are built from the module of the tests; Debian stands in for the systems that they come with.

const MODULE = "conformance";
const TEST_IMAGES = "k8s.io/kubernetes/test/images";
const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.63.0";
const CONTEXTS = fileURLToPath(new URL(`${MODULE}/`, import.meta.url));

/** Serves, connects and looks around, as its first argument says; beside it CoreDNS, which some tests start as a server of their own. */
export async function agnhost(reference: string, builder: Builder): Promise<void> {
  await fromContext(reference, "agnhost", builder, async (context, scratch) => {
    await place(await testProgram(`${TEST_IMAGES}/agnhost`, scratch, builder), join(context, "agnhost"));
    await place(
      await compiled({ module: "coredns", command: ".", variables: {} }, scratch, builder),
      join(context, "coredns"),
    );
    for (const file of ["localhost.crt", "localhost.key"])
      await cp(join(await testImage("agnhost", builder), "porter", file), join(context, file));
  });
}

/** agnhost serving two files. */
export async function nautilus(reference: string, builder: Builder): Promise<void> {
  await builder.ensure(AGNHOST);
  await builder.store.compose(
    reference,
    AGNHOST,
    async (root) => {
      for (const file of ["data.json", "nautilus.jpg"])
        await cp(join(await testImage("nautilus", builder), "html", file), join(root, file));
    },
    ["--cmd", '["test-webserver"]'],
  );
}

/** Debian's busybox, which is older than upstream's: a shell of its day drops variables that no shell could name (`data-1`), so bash is the shell. */
export async function shell(reference: string, builder: Builder): Promise<void> {
  await withScratch(builder.store.home, async (scratch) => {
    const busybox = await staticBusybox(builder, scratch),
      bash = await debianPackage(builder, "bash-static", scratch);
    await builder.store.compose(
      reference,
      "scratch",
      async (root) => {
        await placeBusybox(busybox, root);
        await copyFile(join(bash, "bin/bash-static"), join(root, "bin/bash"));
        await rm(join(root, "bin/sh"));
        await symlink("bash", join(root, "bin/sh"));
      },
      ["--cmd", '["sh"]', "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    );
  });
}

/** Says as whom it runs, from a file that would make it root. */
export async function nonewprivs(reference: string, builder: Builder): Promise<void> {
  await withScratch(builder.store.home, async (scratch) => {
    const program = await testProgram(`${TEST_IMAGES}/nonewprivs`, scratch, builder);
    await builder.store.compose(
      reference,
      "scratch",
      async (root) => {
        const path = join(root, "usr/local/bin/nnp");
        await place(program, path);
        await chmod(path, 0o6755);
      },
      ["--cmd", '["nnp"]', "--env", "PATH=/usr/local/bin"],
    );
  });
}

/** An API server that the cluster's own one takes requests to. */
export async function sampleApiserver(reference: string, builder: Builder): Promise<void> {
  await onlyProgram(
    reference,
    "k8s.io/sample-apiserver",
    "sample-apiserver",
    ["--entrypoint", '["/sample-apiserver"]'],
    builder,
  );
}

export async function etcd(reference: string, builder: Builder): Promise<void> {
  await onlyProgram(
    reference,
    "go.etcd.io/etcd/server/v3",
    "usr/local/bin/etcd",
    ["--cmd", '["etcd"]', "--env", "PATH=/usr/local/bin"],
    builder,
  );
}

/** Built from the Dockerfile of `conformance/<folder>`, on Debian. */
export function debianWithTools(folder: string): Recipe {
  return (reference, builder) => fromContext(reference, folder, builder, async () => {});
}

async function onlyProgram(
  reference: string,
  command: string,
  path: string,
  config: readonly string[],
  builder: Builder,
): Promise<void> {
  await withScratch(builder.store.home, async (scratch) => {
    const program = await testProgram(command, scratch, builder);
    await builder.store.compose(
      reference,
      "scratch",
      async (root) => {
        await place(program, join(root, path));
        await mkdir(join(root, "tmp"));
        await chmod(join(root, "tmp"), 0o1777);
      },
      config,
    );
  });
}

/** @param fill puts beside the Dockerfile what it copies */
async function fromContext(
  reference: string,
  folder: string,
  builder: Builder,
  fill: (context: string, scratch: string) => Promise<void>,
): Promise<void> {
  await builder.ensure("docker.io/library/debian:bookworm-slim");
  await withScratch(builder.store.home, async (scratch) => {
    const context = join(scratch, "context");
    await cp(join(CONTEXTS, folder), context, { recursive: true });
    await fill(context, scratch);
    await buildContext(builder.store, { reference, context }, builder.log);
  });
}

function testProgram(command: string, scratch: string, builder: Builder): Promise<string> {
  return compiled({ module: MODULE, command, variables: {} }, scratch, builder, command.split("/").at(-1));
}

/** The folder of an image in the module's sources. */
async function testImage(name: string, { store: { home } }: Builder): Promise<string> {
  const cwd = fileURLToPath(new URL(`../go/${MODULE}`, import.meta.url));
  const { stdout } = await execa("go", ["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"], {
    cwd,
    env: goEnvironment(home),
  });
  return join(stdout, "test/images", name);
}
