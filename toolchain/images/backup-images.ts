import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { placeBusybox, staticBusybox } from "./busybox.ts";
import { compiled, mozillaAuthorities, place } from "./go-images.ts";
import type { Builder } from "./recipe.ts";
import { withScratch } from "./scratch.ts";

interface Program {
  /** Folder below toolchain/go. */
  module: string;
  /** Import path of the command. */
  command: string;
  /** Its name in /usr/bin, where upstream has it. */
  name: string;
}

/** restic beside a shell, as in upstream's image; of that its entry point, ssh and fuse are left out. */
export function restic(reference: string, builder: Builder): Promise<void> {
  return withShell(
    reference,
    { module: "restic", command: "github.com/restic/restic/cmd/restic", name: "restic" },
    ["--entrypoint", '["restic"]'],
    builder,
  );
}

/** restic's REST server beside a shell; upstream's helpers that write its list of users are left out. */
export function restServer(reference: string, builder: Builder): Promise<void> {
  const program = {
    module: "rest-server",
    command: "github.com/restic/rest-server/cmd/rest-server",
    name: "rest-server",
  };
  return withShell(reference, program, ["--cmd", '["rest-server"]', "--port", "8000"], builder);
}

async function withShell(
  reference: string,
  { module, command, name }: Program,
  config: readonly string[],
  builder: Builder,
): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled({ module, command, variables: {} }, scratch, builder);
    const shell = await staticBusybox(builder, scratch);
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await placeBusybox(shell, root);
        await place(binary, join(root, "usr/bin", name));
        await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
        await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), authorities);
      },
      ["--env", "PATH=/usr/local/bin:/usr/bin:/bin", ...config],
    );
  });
}
