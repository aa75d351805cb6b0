import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Builder, runTool } from "./recipe.ts";

const SOURCE = fileURLToPath(new URL("pause/pause.c", import.meta.url));

/** The sandbox image of pods: one static program. */
export async function pause(reference: string, builder: Builder): Promise<void> {
  await builder.store.compose(
    reference,
    "scratch",
    async (root) => {
      await runTool(builder, "cc", ["-Os", "-Wall", "-static", "-s", "-o", join(root, "pause"), SOURCE]);
    },
    ["--entrypoint", '["/pause"]', "--user", "65535:65535"],
  );
}
