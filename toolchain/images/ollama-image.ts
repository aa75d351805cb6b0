import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openLog } from "../log.ts";
import type { Go } from "../tools/go-build.ts";
import { installLocked } from "../tools/require-tools.ts";
import { cCompiler } from "../tools/system-packages.ts";
import { compiled, mozillaAuthorities, place, placeBasics } from "./go-images.ts";
import { debianPackage } from "./packages.ts";
import type { Builder } from "./recipe.ts";
import { parseReference } from "./reference.ts";
import { withScratch } from "./scratch.ts";

/**
 * Ollama at upstream's place, for processors alone: its libraries for graphics cards take their makers' compilers.
 * Linked whole, as the C library of this machine may be newer than any image's.
 */
export async function ollama(reference: string, builder: Builder): Promise<void> {
  const { store } = builder;
  await installLocked(cCompiler, {
    home: store.home,
    offline: true,
    report: builder.log,
    log: openLog(store.home, cCompiler.name),
  });
  await withScratch(store.home, async (scratch) => {
    const binary = await compiled(
      {
        module: "ollama",
        command: ".",
        variables: { "github.com/ollama/ollama/version.Version": parseReference(reference).tag },
        tags: ["netgo", "osusergo"],
        c: { headers: "include", flags: ["-O3", ...instructions(await readFile("/proc/cpuinfo", "utf8"))] },
        prepare: (directory, go) => headers(directory, go, scratch, builder),
      },
      scratch,
      builder,
    );
    const authorities = await mozillaAuthorities(builder, scratch);
    await store.compose(
      reference,
      "scratch",
      async (root) => {
        await place(binary, join(root, "usr/bin/ollama"));
        await placeBasics(root, authorities);
      },
      [
        "--entrypoint",
        '["/usr/bin/ollama"]',
        "--cmd",
        '["serve"]',
        "--env",
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "--env",
        "OLLAMA_HOST=0.0.0.0:11434",
        "--port",
        "11434",
      ],
    );
  });
}

/**
 * Upstream's sources name three headers of others that their module lacks: Go leaves folders called vendor out.
 * The sound library's comes with a module that wraps it, the others with Debian.
 */
async function headers(directory: string, go: Go, scratch: string, builder: Builder): Promise<void> {
  const include = join(directory, "include");
  for (const [name, header] of [
    ["nlohmann-json3-dev", "nlohmann"],
    ["libstb-dev", "stb"],
  ] as const) {
    const from = join(await debianPackage(builder, name, scratch), "usr/include", header);
    await cp(from, join(include, header), { recursive: true });
  }
  await go("mod", "download", "github.com/gen2brain/malgo");
  const malgo = (await go("list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/malgo")).trim();
  await mkdir(join(include, "miniaudio"), { recursive: true });
  await cp(join(malgo, "miniaudio.h"), join(include, "miniaudio/miniaudio.h"));
}

/** What an x86-64-v3 processor has, by the kernel's names: https://gitlab.com/x86-psABIs/x86-64-ABI */
const V3 = ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"];

/**
 * How the compiler is told which processor the arithmetic is for. Such an image runs on the machine that builds it, or
 * on its like: for every processor that there is, a model would take several times as long over each word.
 *
 * @param cpuinfo /proc/cpuinfo
 */
export function instructions(cpuinfo: string): string[] {
  const flags = new Set(
    cpuinfo
      .match(/^flags\s*:(.*)$/m)?.[1]
      ?.trim()
      .split(/\s+/),
  );
  return V3.every((flag) => flags.has(flag)) ? ["-march=x86-64-v3"] : [];
}
