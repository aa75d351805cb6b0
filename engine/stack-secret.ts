import { z } from "zod";
import type { Home } from "../toolchain/home.ts";
import { Keyring, passphraseOf } from "./passphrase.ts";
import { prepareStackConfig, stackSettings } from "./stack-config.ts";

const sealedShape = z.object({ secure: z.string() });

/**
 * A secret of the stack's file, for what comes before the engine does.
 * @param key in full, "guildnet:kubeconfig"
 * @returns undefined where there is none, or somebody else's service has encrypted it
 * @throws UserError `wrong-passphrase`
 */
export async function stackSecret(projectRoot: string, home: Home, stack: string, key: string): Promise<string | undefined> {
  const sealed = sealedShape.safeParse(stackSettings(projectRoot, stack)[key]).data?.secure;
  if (sealed === undefined) return undefined;
  const { secrets } = prepareStackConfig(projectRoot, home, stack);
  if (secrets.salt === undefined) return undefined;
  return (await new Keyring(passphraseOf(home)).open(secrets.salt, secrets.file))(sealed);
}
