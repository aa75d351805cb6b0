import type { AppsKeys } from "../apps/schema.ts";
import type { PortalKeys } from "../portal/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { PeopleKeys } from "./schema.ts";

/** What of a config says who is in the guild. */
export type Membership = Pick<PeopleKeys, "people"> & WorkspacesKeys & AppsKeys;

/** Handles of everybody in the guild, in the order of the config. */
export function peopleOf(config: Membership): string[] {
  return [
    ...new Set([
      ...Object.keys(config.people ?? {}),
      ...[...config.workspaces, ...config.apps].map(({ owner }) => owner),
    ]),
  ];
}

/** Handles of the people who see every workspace. */
export function adminsOf(config: Membership & PortalKeys): string[] {
  return config.portal.admins ?? peopleOf(config).slice(0, 1);
}
