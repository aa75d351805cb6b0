import { join } from "node:path";
import { compiled, place } from "./go-images.ts";
import type { Recipe } from "./recipe.ts";
import { withScratch } from "./scratch.ts";

/**
 * One of MetalLB's two programs where upstream's image has it, without a shell, as whom a pod
 * says. What upstream adds to the speaker for BGP through FRR is left out.
 */
function metallb(program: "controller" | "speaker"): Recipe {
  return async (reference, builder) => {
    const { store } = builder;
    await withScratch(store.home, async (scratch) => {
      const command = `go.universe.tf/metallb/${program}`;
      const binary = await compiled({ module: "metallb", command, variables: {} }, scratch, builder);
      await store.compose(reference, "scratch", (root) => place(binary, join(root, program)), [
        "--entrypoint",
        `["/${program}"]`,
      ]);
    });
  };
}

export const metallbController = metallb("controller");
export const metallbSpeaker = metallb("speaker");
