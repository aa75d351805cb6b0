import { json } from "node:stream/consumers";
import { ensureImage, exportImage } from "../../toolchain/images/index.ts";
import { pushImage } from "../../toolchain/images/push.ts";
import type { RegistryAccess } from "../../toolchain/images/push.ts";
import { unpackedImage } from "../../toolchain/images/unpacked.ts";
import { UserError } from "../../toolchain/errors.ts";
import { guildnetHome, type Home } from "../../toolchain/home.ts";
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
  await requireTools(toolsNamed(["image-builder"]));
  const image = await ensureImage({
    reference,
    context: options.context,
    buildArgs: parseBuildArgs(options.buildArg),
    home: home.root,
    log: told(home, `image-${reference}`),
  });
  const unpacked = options.unpacked === true ? await unpackedImage(home, image.id) : undefined;
  process.stdout.write(`${JSON.stringify({ ...image, unpacked })}\n`);
}

/** Streams a docker-archive of the image to stdout. */
export async function imageExportCommand(reference: string): Promise<void> {
  await requireTools(toolsNamed(["image-builder"]));
  await exportImage(reference, guildnetHome().root);
}

/** Pushes an image of the store, with access to the registry as JSON from stdin. */
export async function imagePushCommand(reference: string, destination: string): Promise<void> {
  const home = guildnetHome();
  await requireTools(toolsNamed(["image-builder"]));
  const access = (await json(process.stdin)) as RegistryAccess;
  await pushImage({ reference, destination, access, home: home.root, log: told(home, `image-push-${destination}`) });
}

/** Lines that go into a log and to who waits. */
function told(home: Home, name: string): (text: string) => void {
  const log = openLog(home, name.replace(/[^\w.-]+/g, "-"));
  return (text) => {
    const line = text.endsWith("\n") ? text : `${text}\n`;
    log.write(line);
    process.stderr.write(line);
  };
}

/** `KEY=value` pairs as an object. @throws UserError `build-arg-invalid` */
export function parseBuildArgs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1)
        throw new UserError("build-arg-invalid", `--build-arg takes KEY=value, not ${JSON.stringify(pair)}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
