import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compiled, mozillaAuthorities, place, placeBasics } from "./go-images.ts";
import type { Builder } from "./recipe.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

const PROGRAMS = ["controller", "webhook", "cainjector"];

/** Where upstream's images have their program. */
const pathOf = (program: string): string => `/app/cmd/${program}/${program}`;

/**
 * cert-manager's controller, as upstream places it; the authorities are for ACME servers. The program is upstream's
 * library with a main of this project, since upstream's own commands are in no registry, and it is the other two as
 * well, by the name it is called: their images are this one with another entry point.
 */
export async function certManagerController(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await withScratch(store.home, async (scratch) => {
    const variables = { "github.com/cert-manager/cert-manager/pkg/util.AppVersion": parseReference(reference).tag };
    const binary = await compiled({ module: "cert-manager", command: ".", variables }, scratch, builder);
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        const [first = "", ...others] = PROGRAMS.map(pathOf);
        await place(binary, join(root, first));
        for (const path of others) {
          await mkdir(dirname(join(root, path)), { recursive: true });
          await symlink(first, join(root, path));
        }
        await placeBasics(root, authorities);
      },
      entryPoint("controller"),
    );
  });
}

/** Made of the controller's image, whose layer it shares. */
export function certManager(program: "webhook" | "cainjector") {
  return async (reference: string, { store, ensure }: Builder): Promise<void> => {
    const controller = reference.replace(`-${program}:`, "-controller:");
    await ensure(controller);
    await store.compose(reference, controller, async () => {}, entryPoint(program));
  };
}

function entryPoint(program: string): string[] {
  return ["--entrypoint", JSON.stringify([pathOf(program)]), "--user", "1000"];
}
