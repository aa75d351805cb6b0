import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../toolchain/errors.ts";
import type { Home } from "../toolchain/home.ts";
import { opener, type Open } from "./sealed.ts";

/** Where the passphrase of our states comes from. */
export interface Passphrase {
  /** In words that name the variable or the file: "the file /root/.guildnet/passphrase". */
  readonly from: string;
  /** Whether a variable of the environment says so, and hides our own. */
  readonly isGiven: boolean;
  /** Undefined where its file is missing. */
  read(): string | undefined;
}

/** In the engine's own order (pulumi/pkg, secrets/passphrase): it takes a file's text without the space around it. */
export function passphraseOf(home: Home, env: NodeJS.ProcessEnv): Passphrase {
  const { PULUMI_CONFIG_PASSPHRASE: phrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
  if (phrase !== undefined) return { from: "the variable PULUMI_CONFIG_PASSPHRASE", isGiven: true, read: () => phrase };
  const read = (path: string) => (): string | undefined =>
    existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  if (file !== undefined && file !== "")
    return {
      from: `the file ${file} (by the variable PULUMI_CONFIG_PASSPHRASE_FILE)`,
      isGiven: true,
      read: read(file),
    };
  return { from: `the file ${home.passphrase}`, isGiven: false, read: read(home.passphrase) };
}

/** The passphrase, made a key once for each salt: that takes a third of a second on purpose. */
export class Keyring {
  readonly #passphrase: Passphrase;
  readonly #keys = new Map<string, Promise<Open | undefined>>();

  constructor(passphrase: Passphrase) {
    this.#passphrase = passphrase;
  }

  /**
   * @param file what was encrypted with that salt, for messages
   * @throws UserError `wrong-passphrase`
   */
  async open(salt: string, file: string): Promise<Open> {
    const key = this.#keys.get(salt) ?? opener(this.#passphrase.read() ?? "", salt);
    this.#keys.set(salt, key);
    const open = await key;
    if (open !== undefined) return open;
    const { from, isGiven } = this.#passphrase;
    const remedy = isGiven
      ? "Give the right one there; or unset the variable, and your own passphrase is taken again."
      : "Give the passphrase it was encrypted with by PULUMI_CONFIG_PASSPHRASE_FILE, a file with it, or by PULUMI_CONFIG_PASSPHRASE: whoever shares the file has it in ~/.guildnet/passphrase.";
    throw new UserError(
      "wrong-passphrase",
      `${file} was encrypted with another passphrase than that of ${from}. Nothing was changed.\n${remedy}`,
    );
  }
}
