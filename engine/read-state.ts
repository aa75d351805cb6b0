import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../toolchain/errors.ts";
import type { Checkpoint, Deployment, ResourceState } from "./journal/deployment.ts";
import type { Keyring } from "./passphrase.ts";
import { unsealed, UnreadableSecret, type Open } from "./sealed.ts";
import type { StackState } from "./stack-state.ts";
import type { StateFiles } from "./state-folder.ts";

const saltOf = ({ secrets_providers }: Deployment): string | undefined =>
  secrets_providers?.type === "passphrase"
    ? (secrets_providers.state as { salt?: string } | undefined)?.salt
    : undefined;

/** The salt of the passphrase that a stack's secrets are encrypted with; undefined where they are encrypted otherwise, or there is no state that can be read. */
export function saltOfState({ checkpoint }: StateFiles): string | undefined {
  if (!existsSync(checkpoint)) return undefined;
  try {
    return saltOf(deploymentIn(checkpoint));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined; // damaged: whoever needs it says so
    throw error;
  }
}

/**
 * A stack of our backend, read without an engine, its secrets in plain.
 *
 * @returns undefined where its secrets are not encrypted with a passphrase: the engine has to be asked then
 * @throws UserError `wrong-passphrase`, `state-secret-damaged`, and nothing has been changed
 */
export async function readState(files: StateFiles, keyring: Keyring): Promise<StackState | undefined> {
  const deployment = deploymentIn(files.checkpoint);
  if (deployment.secrets_providers === undefined) return { deployment: deployment as StackState["deployment"] };
  const salt = saltOf(deployment);
  if (salt === undefined) return undefined;
  const open = await keyring.open(salt, `The state ${files.checkpoint}`);
  const { resources = [], pending_operations } = deployment;
  try {
    return {
      deployment: {
        resources: resources.map((resource) => inPlain(resource, open)),
        pending_operations: pending_operations?.map(({ type, resource }) => ({
          type,
          resource: inPlain(resource, open),
        })),
      },
    } as StackState;
  } catch (error) {
    if (!(error instanceof UnreadableSecret)) throw error;
    throw damaged(files, error, open);
  }
}

function deploymentIn(file: string): Deployment {
  return (JSON.parse(readFileSync(file, "utf8")) as Checkpoint).checkpoint.latest ?? {};
}

function inPlain(resource: ResourceState, open: Open): unknown {
  return unsealed(resource, open, [resource.urn]);
}

function damaged(
  { checkpoint, history }: StateFiles,
  { path: [urn, ...path] }: UnreadableSecret,
  open: Open,
): UserError {
  const whole = newestReadable(history, open);
  const remedy =
    whole === undefined
      ? `There is no copy of it in ${history} that could be read. Put one back from a backup.`
      : `The newest copy whose secrets can all be read is of the end of an update. To go on from it:\n\n  cp ${whole} ${checkpoint}`;
  return new UserError(
    "state-secret-damaged",
    `A secret in the state file ${checkpoint} is damaged and can't be decrypted: ${path.join(".")} of ${urn}. Nothing was changed.\n${remedy}`,
  );
}

function newestReadable(history: string, open: Open): string | undefined {
  return historyCheckpoints(history).find((file) => {
    try {
      unsealed(deploymentIn(file), open);
      return true;
    } catch {
      return false; // cut off, or damaged in the same way
    }
  });
}

/** The states that updates ended with, newest first: their names have the time in them. */
export function historyCheckpoints(history: string): string[] {
  if (!existsSync(history)) return [];
  return readdirSync(history)
    .filter((name) => name.endsWith(".checkpoint.json"))
    .sort()
    .reverse()
    .map((name) => join(history, name));
}
