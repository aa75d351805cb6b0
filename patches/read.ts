import type { z } from "zod";
import { PatchesError } from "./errors.ts";
import { checked, nidOf, oidSchema, ridSchema, wordsOf } from "./ids.ts";
import { patchOf } from "./patch.ts";
import type { Nid, Patch } from "./patch.ts";
import { said } from "./place.ts";
import type { Place, Repository } from "./place.ts";
import { COB_VERSION, identitySchema, operationSchema, PATCH_TYPE, patchSchema } from "./schema.ts";

/** A patch that is there and can't be read: shown as that, as nobody would miss what is left out. */
export interface UnreadablePatch {
  readonly id: string;
  readonly why: string;
}

export interface PatchList {
  readonly patches: readonly Patch[];
  readonly unreadable: readonly UnreadablePatch[];
}

export type Operation = z.output<typeof operationSchema>;

/** What a repository says of itself. */
export interface RepositoryIdentity {
  readonly name: string;
  readonly description: string;
  readonly defaultBranch: string;
  /** Whether anybody may have it, or only who is named. */
  readonly isPublic: boolean;
  /** Whose word counts. */
  readonly delegates: readonly Nid[];
  /** How many of them it takes. */
  readonly threshold: number;
}

/** Patches asked for at once. */
const BATCH = 50;

/** @throws PatchesError where the id is none, or the place has no such repository */
export async function repositoryIn(place: Place, rid: string): Promise<Repository & RepositoryIdentity> {
  const text = await said(place, ["rad", "inspect", checked(ridSchema, rid, "The repository"), "--identity"]);
  const { payload, visibility, delegates, threshold } = checked(
    identitySchema,
    parsed(text, rid),
    `What ${rid} says of itself`,
    "unreadable",
  );
  return {
    place,
    rid,
    ...payload["xyz.radicle.project"],
    isPublic: visibility.type === "public",
    delegates: delegates.map(nidOf),
    threshold,
  };
}

/** Whose key is in a place. */
export async function whoIs(place: Place): Promise<Nid> {
  return nidOf((await said(place, ["rad", "self", "--did"])).trim());
}

/** Ids of all patches, those that can't be read included. */
export async function patchIds({ place, rid }: Repository): Promise<string[]> {
  const text = await said(place, [
    "rad",
    "cob",
    "list",
    "--repo",
    checked(ridSchema, rid, "The repository"),
    "--type",
    PATCH_TYPE,
  ]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((id) => checked(oidSchema, id, "A patch's id", "unreadable"));
}

/** Every patch, whether it can be read or not. */
export async function listPatches(repository: Repository): Promise<PatchList> {
  const ids = await patchIds(repository);
  const patches: Patch[] = [],
    unreadable: UnreadablePatch[] = [];
  for (let from = 0; from < ids.length; from += BATCH) {
    const some = ids.slice(from, from + BATCH);
    for (const one of await readSome(repository, some)) {
      if ("why" in one) unreadable.push(one);
      else patches.push(one);
    }
  }
  return { patches, unreadable };
}

async function readSome(repository: Repository, ids: readonly string[]): Promise<(Patch | UnreadablePatch)[]> {
  try {
    const lines = await show(repository, ids);
    if (lines.length === ids.length) return ids.map((id, index) => readOne(id, lines[index] ?? ""));
  } catch (error) {
    // One that rad itself can't read ends the whole answer: then each is asked for by itself.
    if (
      !(error instanceof PatchesError) ||
      ids.length === 0 ||
      error.code === "no-repository" ||
      error.code === "no-key"
    )
      throw error;
    if (ids.length === 1) return ids.map((id) => ({ id, why: error.message }));
  }
  if (ids.length === 1) return ids.map((id) => ({ id, why: "rad prints something else than one patch of it" }));
  const each: (Patch | UnreadablePatch)[] = [];
  for (const id of ids) each.push(...(await readSome(repository, [id])));
  return each;
}

async function show({ place, rid }: Repository, ids: readonly string[]): Promise<string[]> {
  const objects = ids.flatMap((id) => ["--object", checked(oidSchema, id, "The patch")]);
  const text = await said(
    place,
    ["rad", "cob", "show", "--repo", checked(ridSchema, rid, "The repository"), "--type", PATCH_TYPE, ...objects],
    { maxBytes: 128 * 1024 * 1024 },
  );
  return text.split("\n").filter((line) => line !== "");
}

function readOne(id: string, line: string): Patch | UnreadablePatch {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch (error) {
    return { id, why: `rad prints no JSON of it: ${String(error)}` };
  }
  const { data, error } = patchSchema.safeParse(raw);
  return error ? { id, why: `It is not as ${COB_VERSION} prints patches: ${wordsOf(error)}` } : patchOf(id, data);
}

/** @throws PatchesError "no-patch" where there is none, "unreadable" where it can't be read */
export async function readPatch(repository: Repository, id: string): Promise<Patch> {
  const [line = ""] = await show(repository, [id]);
  const patch = readOne(id, line);
  if ("why" in patch) throw new PatchesError("unreadable", `Patch ${id} can't be read. ${patch.why}`);
  return patch;
}

/**
 * All that was ever done to a patch, oldest first. It has what Radicle leaves out when it puts a patch together as well, such
 * as what somebody did who may not: what counts is in `readPatch`.
 */
export async function readOperations({ place, rid }: Repository, id: string): Promise<Operation[]> {
  const text = await said(
    place,
    [
      "rad",
      "cob",
      "log",
      "--repo",
      checked(ridSchema, rid, "The repository"),
      "--type",
      PATCH_TYPE,
      "--format",
      "json",
      "--object",
      checked(oidSchema, id, "The patch"),
    ],
    { maxBytes: 128 * 1024 * 1024 },
  );
  // Newest first, each on a line.
  return text
    .split("\n")
    .filter((line) => line !== "")
    .reverse()
    .map((line) => checked(operationSchema, parsed(line, id), `An operation of ${id}`, "unreadable"));
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new PatchesError("unreadable", `rad prints no JSON of ${what}`, { cause: error });
  }
}
