import { UserError } from "../../toolchain/errors.ts";
import type { BackedUpVolume, StackOutputs } from "../stack-outputs.ts";

/** The volume of a name, or all. @throws UserError `backup-off`, `volume-unknown` */
export function volumesNamed({ backup }: Pick<StackOutputs, "backup">, name?: string): readonly BackedUpVolume[] {
  const all = backup?.volumes ?? [];
  if (backup === undefined || backup === null)
    throw new UserError(
      "backup-off",
      "This stack has no backups. `backup: {}` in its config makes them, then `npm run up`.",
    );
  if (name === undefined) return all;
  const found = all.filter((volume) => volume.name === name);
  if (found.length === 0)
    throw new UserError(
      "volume-unknown",
      `There is no backup of ${JSON.stringify(name)}; there are backups of ${all.map((volume) => volume.name).join(", ") || "nothing yet"}.`,
    );
  return found;
}
