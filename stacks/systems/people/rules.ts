import type { Broken } from "../../check/broken.ts";
import { closest } from "../../check/mistakes.ts";
import type { Path } from "../../check/mistakes.ts";
import type { PortalKeys } from "../portal/schema.ts";
import { peopleOf } from "./people.ts";
import type { Membership } from "./people.ts";
import { quotaMistakes } from "./quota.ts";
import type { PeopleKeys } from "./schema.ts";

/** What is wrong with who is in the guild, and with what they ask for together. */
export function peopleMistakes(config: PeopleKeys & Membership & PortalKeys): Broken[] {
  return [...unknownMistakes(config), ...quotaMistakes(config)];
}

/** People that are named, and not among those of a guild that lists them. */
function unknownMistakes(config: PeopleKeys & Membership & PortalKeys): Broken[] {
  const broken: Broken[] = [];
  const listed = Object.keys(config.people ?? {});
  const unknown = (handle: string, path: Path, known: string[], where: string): Broken => {
    const meant = closest(handle, known);
    return {
      paths: [path, ["people"]],
      allowed: `${where}: ${known.join(", ") || "nobody yet"}`,
      fix: meant === undefined ? `add "${handle}:" below people` : `did you mean "${meant}"?`,
    };
  };
  if (config.people !== undefined) {
    for (const list of ["workspaces", "apps"] as const) {
      for (const [index, { owner }] of config[list].entries()) {
        if (!listed.includes(owner)) broken.push(unknown(owner, [list, index, "owner"], listed, "one of the people"));
      }
    }
  }
  const everybody = config.people === undefined ? peopleOf(config) : listed;
  for (const [index, handle] of (config.portal.admins ?? []).entries()) {
    if (!everybody.includes(handle))
      broken.push(unknown(handle, ["portal", "admins", index], everybody, "one of the people"));
  }
  return broken;
}
