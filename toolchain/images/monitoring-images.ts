import { join } from "node:path";
import { compiled, mozillaAuthorities, place, placeBasics } from "./go-images.ts";
import type { Builder, Recipe } from "./recipe.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

/**
 * One of VictoriaMetrics' programs where upstream's image has it, with the authorities that a scraped server's certificate
 * may be of.
 */
function victoriaMetrics(program: "victoria-metrics" | "vmalert", port: number): Recipe {
  return async (reference, builder) => {
    const { store } = builder;
    await withScratch(store.home, async (scratch) => {
      const build = {
        module: "victoria-metrics",
        command: `github.com/VictoriaMetrics/VictoriaMetrics/app/${program}`,
        variables: {
          "github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version": parseReference(reference).tag,
        },
      };
      const binary = await compiled(build, scratch, builder);
      const authorities = await mozillaAuthorities(builder, scratch);
      await store.compose(
        reference,
        "scratch",
        async (root) => {
          await place(binary, join(root, `${program}-prod`));
          await placeBasics(root, authorities);
        },
        ["--entrypoint", `["/${program}-prod"]`, "--port", String(port)],
      );
    });
  };
}

export const victoriaMetricsServer = victoriaMetrics("victoria-metrics", 8428);
export const vmalert = victoriaMetrics("vmalert", 8880);

/** The program at upstream's place, as the user that upstream's image names; its shell is left out. */
export async function nodeExporter(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const build = {
      module: "node-exporter",
      command: "github.com/prometheus/node_exporter",
      variables: { "github.com/prometheus/common/version.Version": parseReference(reference).tag.slice(1) },
    };
    const binary = await compiled(build, scratch, builder);
    await store.compose(reference, "scratch", (root) => place(binary, join(root, "bin/node_exporter")), [
      "--entrypoint",
      '["/bin/node_exporter"]',
      "--user",
      "65534:65534",
      "--port",
      "9100",
    ]);
  });
}
