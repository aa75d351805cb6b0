import { join } from "node:path";
import { execa, ExecaError } from "execa";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";

/** Receives one line of progress at a time, without its line end. */
export type Log = (line: string) => void;

/** An image in the store: one image may carry several references. */
export interface StoredImage {
  readonly id: string;
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly created: number;
}

/** Arguments that name the store below GUILDNET_HOME. */
export function storeArguments({ root }: Home): string[] {
  return ["--root", join(root, "storage"), "--runroot", join(root, "storage-run"), "--storage-driver", "overlay"];
}

/** The image store below GUILDNET_HOME, through buildah, which needs no engine. */
export class ImageStore {
  readonly home: Home;

  constructor(home: Home) {
    this.home = home;
  }

  /**
   * Runs one buildah command, logs every line it writes and returns its standard output.
   * @throws UserError with the last lines it wrote, or what to install where buildah is missing
   */
  async run(args: readonly string[], log: Log = () => {}): Promise<string> {
    try {
      const child = this.#buildah(args);
      for await (const line of child.iterable({ from: "all" })) log(line);
      return (await child).stdout;
    } catch (error) {
      throw explained(args, error);
    }
  }

  /** The id of an image (`sha256:…`), or undefined where the store has none of that reference. */
  async imageId(reference: string): Promise<string | undefined> {
    try {
      const child = await this.#buildah(["inspect", "--type", "image", "--format", "{{.FromImageID}}", reference]);
      return `sha256:${child.stdout.trim()}`;
    } catch (error) {
      if (
        error instanceof ExecaError &&
        /not known|no such image|locating image|does not (exist|resolve)/i.test(error.stderr ?? "")
      )
        return undefined;
      throw explained(["inspect", reference], error);
    }
  }

  async images(): Promise<StoredImage[]> {
    const listed = JSON.parse((await this.run(["images", "--json"])) || "[]") as {
      id: string;
      names?: string[] | null;
      created: number;
    }[];
    return listed.map(({ id, names, created }) => ({ id, names: names ?? [], created }));
  }

  /**
   * Makes an image by hand: mounts a working container of `from`, lets `fill` write into its root folder,
   * sets `config` (arguments of `buildah config`) and commits. The reference appears at the very end.
   */
  async compose(
    reference: string,
    from: string,
    fill: (root: string, container: string) => Promise<void>,
    config: readonly string[],
  ): Promise<string> {
    const container = await this.run(["from", "--pull-never", from]);
    try {
      await fill(await this.run(["mount", container]), container);
      await this.run(["config", ...config, container]);
      await this.run(["umount", container]);
      return `sha256:${await this.run(["commit", "--quiet", container, reference])}`;
    } finally {
      await this.run(["rm", container]);
    }
  }

  #buildah(args: readonly string[]) {
    return execa("buildah", [...storeArguments(this.home), ...args], {
      env: { BUILDAH_ISOLATION: "chroot" },
      stdin: "ignore",
      all: true,
    });
  }
}

export function explained(args: readonly string[], error: unknown): UserError {
  if (!(error instanceof ExecaError)) throw error;
  if (error.code === "ENOENT") {
    return new UserError(
      "image-builder-missing",
      "buildah is not installed. On Debian: apt-get install buildah mmdebstrap",
      { cause: error },
    );
  }
  const lines = String(error.stderr || error.shortMessage)
    .trimEnd()
    .split("\n")
    .slice(-15)
    .join("\n");
  return new UserError("image-build-failed", `buildah ${args[0] ?? ""} failed:\n${lines}`, { cause: error });
}
