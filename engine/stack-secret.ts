import { z } from "zod";
import type { Home } from "../toolchain/home.ts";
import { Keyring, type Passphrase } from "./passphrase.ts";
import type { Project } from "./project.ts";
import { prepareStackConfig, stackSettings } from "./stack-config.ts";

const sealedShape = z.object({ secure: z.string() });

/**
 * A secret of the stack's file, for what comes before the engine does.
 * @param key in full, "guildnet:kubeconfig"
 * @returns undefined where there is none, or somebody else's service has encrypted it
 * @throws UserError `wrong-passphrase`
 */
export async function stackSecret(
  project: Project,
  home: Home,
  stack: string,
  key: string,
  passphrase: Passphrase,
): Promise<string | undefined> {
  const sealed = sealedShape.safeParse(stackSettings(project, stack)[key]).data?.secure;
  if (sealed === undefined) return undefined;
  const { secrets } = prepareStackConfig(project, home, stack);
  if (secrets.salt === undefined) return undefined;
  return (await new Keyring(passphrase).open(secrets.salt, secrets.file))(sealed);
}
