import { join } from "node:path";
import { compiled, mozillaAuthorities, place, placeBasics } from "./go-images.ts";
import type { Recipe } from "./recipe.ts";
import { withScratch } from "./scratch.ts";

/**
 * One of frp's two programs where upstream's image has it, with the authorities that a server's certificate may be of;
 * upstream's shell is left out.
 */
function frp(program: "frpc" | "frps"): Recipe {
  return async (reference, builder) => {
    const { store } = builder;
    await withScratch(store.home, async (scratch) => {
      const command = `github.com/fatedier/frp/cmd/${program}`;
      const binary = await compiled({ module: "frp", command, variables: {} }, scratch, builder);
      const authorities = await mozillaAuthorities(builder, scratch);
      await store.compose(
        reference,
        "scratch",
        async (root) => {
          await place(binary, join(root, "usr/bin", program));
          await placeBasics(root, authorities);
        },
        ["--entrypoint", `["/usr/bin/${program}"]`, "--env", "PATH=/usr/bin"],
      );
    });
  };
}

export const frpc = frp("frpc");
export const frps = frp("frps");
