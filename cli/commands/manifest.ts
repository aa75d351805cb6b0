import { UserError } from "../../toolchain/errors.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { manifestFiles } from "../../toolchain/manifests/manifest.ts";
import { isOffline } from "../../toolchain/offline.ts";
import type { Archive } from "../../toolchain/versions.ts";

export interface ManifestOptions {
  readonly sha256: string;
  readonly releaseUrl?: string;
  readonly releaseSha256?: string;
}

/** Prints, as the last line of stdout, `{"files":["/…"]}`. */
export async function manifestCommand(
  module: string,
  files: readonly string[],
  options: ManifestOptions,
): Promise<void> {
  const report = (text: string): void => void process.stderr.write(`${text}\n`);
  const source = { module, files, sha256: options.sha256, release: releaseOf(options) };
  const paths = await manifestFiles(source, { home: guildnetHome(), offline: isOffline(), report });
  process.stdout.write(`${JSON.stringify({ files: paths })}\n`);
}

function releaseOf({ releaseUrl: url, releaseSha256: sha256 }: ManifestOptions): Archive | undefined {
  if (url === undefined && sha256 === undefined) return undefined;
  if (url !== undefined && sha256 !== undefined) return { url, sha256 };
  throw new UserError(
    "manifest-unpinned",
    "--release-url and --release-sha256 belong together: what is not pinned is not fetched",
  );
}
