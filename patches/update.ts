import type { Action } from "./actions.ts";
import { PatchesError, STILL_LOCKED } from "./errors.ts";
import { checked, oidSchema, ridSchema } from "./ids.ts";
import { said } from "./place.ts";
import type { Argv, Place, Repository } from "./place.ts";
import { readOperations } from "./read.ts";
import { PATCH_TYPE } from "./schema.ts";

/** How often something is written again that somebody else's writing took away. */
const TRIES = 4;
/** Seconds to wait for another who writes in the same place. */
const PATIENCE = 30;
/** Seconds to wait for a seed: it is told in any case, and fetches when it can. */
const ANNOUNCING = 5;

/**
 * One after the other in a place: two programs of one home that write at once each move the same ref, and what one of them
 * wrote is gone, though it said that all went well.
 */
export function alone({ radHome }: Place, argv: Argv): Argv {
  const waiting = ["--timeout", String(PATIENCE), "--conflict-exit-code", String(STILL_LOCKED)];
  return ["flock", ...waiting, `${radHome}/guildnet-patches.lock`, ...argv];
}

/**
 * Adds an operation to a patch, signed by whoever the place is.
 *
 * @returns its id, which is that of a comment or review as well
 * @throws PatchesError where it wasn't taken
 */
export async function update(repository: Repository, patch: string, action: Action): Promise<string> {
  const { place, rid } = repository;
  const write: Argv = [
    "rad",
    "cob",
    "update",
    "--repo",
    checked(ridSchema, rid, "The repository"),
    "--type",
    PATCH_TYPE,
    "--object",
    checked(oidSchema, patch, "The patch"),
    `--message=${action.type}`,
  ];
  // rad takes a file. What somebody wrote goes there by a pipe, as standard input is a socket in some places, which can't be opened.
  const argv = alone(place, ["sh", "-c", 'cat | "$@" /dev/stdin', "sh", ...write]);
  for (let left = TRIES; left > 0; left--) {
    try {
      const id = checked(
        oidSchema,
        (await said(place, argv, { stdin: JSON.stringify(action) })).trim(),
        "The operation's id",
        "unreadable",
      );
      // Somebody in the person's own terminal knows nothing of the lock.
      if ((await readOperations(repository, patch)).some((operation) => operation.id === id)) return id;
    } catch (error) {
      if (!(error instanceof PatchesError) || error.code !== "conflict") throw error;
    }
  }
  throw new PatchesError(
    "conflict",
    `Others write to patch ${patch} in this place all the time: of ${TRIES} tries none stayed.`,
  );
}

/** Whether others have it. */
export interface Announced {
  readonly isAnnounced: boolean;
  /** Why not: it is written all the same, and told when the node is there again. */
  readonly why?: string;
}

/** Tells the node of this place that there is something new, and waits until a seed has it. */
export async function announce({ place, rid }: Repository): Promise<Announced> {
  try {
    await said(place, [
      "rad",
      "sync",
      checked(ridSchema, rid, "The repository"),
      "--announce",
      "--timeout",
      `${ANNOUNCING}s`,
    ]);
    return { isAnnounced: true };
  } catch (error) {
    if (error instanceof PatchesError) return { isAnnounced: false, why: error.message };
    throw error;
  }
}
