import { join } from "node:path";
import { compiled, place } from "./go-images.ts";
import type { Builder } from "./recipe.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

/** The server at upstream's place in its image without a system; of that its sample settings are left out. */
export async function natsServer(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const build = { module: "nats-server", command: "github.com/nats-io/nats-server/v2", variables: {} };
    const binary = await compiled(build, scratch, builder);
    await store.compose(reference, "scratch", (root) => place(binary, join(root, "nats-server")), [
      "--env",
      "PATH=/",
      "--entrypoint",
      '["/nats-server"]',
      "--port",
      "4222",
    ]);
  });
}

/** Its command line alone, for other images to take it from: upstream has none of it alone. */
export async function natsCli(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const build = {
      module: "nats-cli",
      command: "github.com/nats-io/natscli/nats",
      variables: { "main.version": parseReference(reference).tag },
    };
    const binary = await compiled(build, scratch, builder);
    await store.compose(reference, "scratch", (root) => place(binary, join(root, "nats")), []);
  });
}
