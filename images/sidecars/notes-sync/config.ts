import { join } from "node:path";
import { z } from "zod";
import { HANDLE } from "../../pod/names.ts";

const environment = z.object({
  HOME: z.string().startsWith("/"),
  GUILDNET_OWNER: z.string().regex(HANDLE),
  GUILDNET_NOTES: z.url({ protocol: /^https?$/ }),
  GUILDNET_NOTES_GIT_ACCESS: z.string().startsWith("/").optional(),
  GUILDNET_NOTES_AUTHORITY: z.string().startsWith("/").optional(),
});

export interface SyncConfig {
  readonly owner: string;
  /** Where folders of notes are. */
  readonly folder: string;
  readonly stateFolder: string;
  readonly access: { readonly credentials?: string; readonly authority?: string };
  /** Git's address of each folder's vault. */
  readonly vaults: readonly { readonly name: string; readonly remote: string }[];
}

/** @throws Error with a line for each mistake */
export function readSyncConfig(variables: Readonly<Record<string, string | undefined>>): SyncConfig {
  const { data, error } = environment.safeParse(variables);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  const { HOME, GUILDNET_OWNER: owner, GUILDNET_NOTES } = data;
  const remote = (vault: string): string => new URL(`/git/${vault}.git`, GUILDNET_NOTES).href;
  return {
    owner,
    folder: join(HOME, "notes"),
    stateFolder: join(HOME, ".local/state/guildnet/notes"),
    access: { credentials: data.GUILDNET_NOTES_GIT_ACCESS, authority: data.GUILDNET_NOTES_AUTHORITY },
    vaults: [
      { name: "guild", remote: remote("guild") },
      { name: "mine", remote: remote(`~${owner}`) },
    ],
  };
}
