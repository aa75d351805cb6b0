import { ensureImage, exportImage } from "../../toolchain/images/index.ts";
import { unpackedImage } from "../../toolchain/images/unpacked.ts";
import { UserError } from "../../toolchain/errors.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { openLog } from "../../toolchain/log.ts";
import { toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";

export interface ImageOptions {
  readonly context?: string;
  readonly buildArg: readonly string[];
  readonly unpacked?: boolean;
}

/**
 * Builds or pulls one image into the store; prints `{"reference":…,"id":"sha256:…"}`, and as `unpacked`, where asked
 * for, an `UnpackedImage`, or nothing where only `image-export` will do.
 */
export async function imageCommand(reference: string, options: ImageOptions): Promise<void> {
  const home = guildnetHome();
  const log = openLog(home, `image-${reference.replace(/[^\w.-]+/g, "-")}`);
  await requireTools(toolsNamed(["image-builder"]));
  const image = await ensureImage({
    reference,
    context: options.context,
    buildArgs: parseBuildArgs(options.buildArg),
    home: home.root,
    log: (text) => {
      log.write(text.endsWith("\n") ? text : `${text}\n`);
      process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
    },
  });
  const unpacked = options.unpacked === true ? await unpackedImage(home, image.id) : undefined;
  process.stdout.write(`${JSON.stringify({ ...image, unpacked })}\n`);
}

/** Streams a docker-archive of the image to stdout. */
export async function imageExportCommand(reference: string): Promise<void> {
  await requireTools(toolsNamed(["image-builder"]));
  await exportImage(reference, guildnetHome().root);
}

/** `KEY=value` pairs as an object. @throws UserError `build-arg-invalid` */
export function parseBuildArgs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new UserError("build-arg-invalid", `--build-arg takes KEY=value, not ${JSON.stringify(pair)}`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  }));
}
