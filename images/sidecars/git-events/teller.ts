import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ZodError } from "zod";
import { readOperations, readPatch, repositoryIn, ridSchema } from "../../../patches/index.ts";
import type { Place, Repository } from "../../../patches/index.ts";
import { git, said } from "../../../patches/place.ts";
import type { Memory } from "./memory.ts";
import { newsOf } from "./patch-events.ts";
import type { NewOperation, Setting, Telling } from "./patch-events.ts";
import { readRefs, REF_FORMAT, REF_PATTERN } from "./refs.ts";
import type { RepositoryRefs } from "./refs.ts";
import type { Told } from "./told.ts";

/** Says an event, and ends when it is kept; under one id it may be said again. */
export type Say = (event: Telling, id: string) => Promise<void>;

export interface TellerParts {
  readonly place: Place;
  readonly memory: Memory;
  readonly say: Say;
  /** Handles by node id, as the guild has them now. */
  readonly people: () => Promise<Readonly<Record<string, string>>>;
  /** Told of what can't be read, each time, and of what is no event. */
  readonly onTrouble: (about: string, error: unknown) => void;
}

/** Milliseconds that the seed's node has to put a patch together anew; what is not in it then was never to be in it. */
const PATIENCE = 60_000;

/**
 * Tells what is in a seed's storage and was not told yet. It looks at what is there, and needs no message to know of it: so
 * nothing is lost, whoever was away. What was told is written down after it is kept; who is ended between the two says it again
 * under the same id.
 */
export class Teller {
  readonly #parts: TellerParts;
  /** Operations that a patch doesn't have, since when. */
  readonly #missing = new Map<string, number>();

  constructor(parts: TellerParts) {
    this.#parts = parts;
  }

  /** Looks at every repository that there is. @returns those that have to be looked at again soon */
  async lookAtAll(now = Date.now()): Promise<ReadonlySet<string>> {
    const names = await readdir(join(this.#parts.place.radHome, "storage"));
    const again = new Set<string>();
    for (const name of names.toSorted()) {
      const { data: rid } = ridSchema.safeParse(`rad:${name}`);
      // Others are half cloned.
      if (rid !== undefined && (await this.lookAt(rid, now))) again.add(rid);
    }
    return again;
  }

  /** Looks at one. @returns whether it has to be looked at again soon @throws where the bus does not take what is told: all that is left is told at the next look */
  async lookAt(rid: string, now = Date.now()): Promise<boolean> {
    const { place, memory } = this.#parts;
    const told = await memory.told(rid);
    const refs = await this.#unlessUnreadable(rid, async () =>
      readRefs(await said(place, git({ place, rid }, "for-each-ref", REF_FORMAT, REF_PATTERN))),
    );
    if (refs === undefined) return true;
    const patches = [...refs.patches].filter(([id, at]) => JSON.stringify(told.patches[id]?.at) !== JSON.stringify(at));
    const moved = refs.branches.filter(({ nid, ref, commit }) => told.branches[`${nid} ${ref}`] !== commit);
    if (patches.length === 0 && moved.length === 0) return false;
    const setting = await this.#unlessUnreadable(rid, () => this.#settingOf(rid));
    if (setting === undefined) return true;
    const next = await this.#tellBranches(rid, told, moved, setting);
    return this.#tellPatches({ place, rid }, next, patches, setting, now);
  }

  /** undefined of one that is not for everybody: the bus has nobody to tell of it. */
  async #settingOf(rid: string): Promise<(Setting & { isPublic: boolean }) | undefined> {
    const { name, threshold, isPublic } = await repositoryIn(this.#parts.place, rid);
    const people = await this.#parts.people();
    return { repository: { id: rid, name }, threshold, who: (nid) => people[nid] ?? `did:key:${nid}`, isPublic };
  }

  async #tellBranches(
    rid: string,
    before: Told,
    moved: RepositoryRefs["branches"],
    { repository, who, isPublic }: Setting & { isPublic: boolean },
  ): Promise<Told> {
    let told = before;
    for (const { nid, ref, commit } of moved) {
      const moves = told.moves + 1;
      if (isPublic)
        await this.#say(rid, {
          type: "git.push",
          about: `${moves} ${nid} ${ref} ${commit}`,
          data: { repository, ref, commit, by: who(nid) },
        });
      told = { ...told, moves, branches: { ...told.branches, [`${nid} ${ref}`]: commit } };
      await this.#parts.memory.keep(rid, told);
    }
    return told;
  }

  async #tellPatches(
    repository: Repository,
    before: Told,
    patches: readonly (readonly [id: string, at: readonly string[]])[],
    setting: Setting & { isPublic: boolean },
    now: number,
  ): Promise<boolean> {
    const { rid } = repository;
    const news: { id: string; at: readonly string[]; operation: NewOperation }[] = [];
    const settled: { id: string; at: readonly string[] }[] = [];
    let again = false;
    for (const [id, at] of patches) {
      const known = new Set(before.patches[id]?.operations);
      const its = await this.#unlessUnreadable(`${rid} ${id}`, async () => {
        const log = await readOperations(repository, id);
        return newsOf(await readPatch(repository, id), log, known, setting);
      });
      if (its === undefined) {
        again = true;
        continue;
      }
      news.push(...its.operations.map((operation) => ({ id, at, operation })));
      if (its.missing.every((operation) => this.#isGivenUp(operation, now))) settled.push({ id, at });
      else again = true;
    }
    let told = before;
    // Each patch's own order stays; of several the one that began first comes first, as far as people's clocks say.
    for (const { id, operation } of inOrder(news)) {
      if (setting.isPublic) for (const event of operation.events) await this.#say(rid, event);
      const { at = [], operations = [] } = told.patches[id] ?? {};
      told = { ...told, patches: { ...told.patches, [id]: { at, operations: [...operations, operation.id] } } };
      await this.#parts.memory.keep(rid, told);
    }
    for (const { id, at } of settled)
      told = {
        ...told,
        patches: { ...told.patches, [id]: { at: [...at], operations: told.patches[id]?.operations ?? [] } },
      };
    if (settled.length > 0) await this.#parts.memory.keep(rid, told);
    return again;
  }

  #isGivenUp(operation: string, now: number): boolean {
    const since = this.#missing.get(operation) ?? now;
    this.#missing.set(operation, since);
    return now - since >= PATIENCE;
  }

  async #say(rid: string, event: Telling): Promise<void> {
    const { memory, onTrouble, say } = this.#parts;
    await say(event, memory.idOf(rid, event.about)).catch((error: unknown) => {
      // What is not as its type says never will be, and would keep all after it from being told.
      if (!(error instanceof ZodError)) throw error;
      onTrouble(`${rid} ${event.about}`, error);
    });
  }

  /** One that can't be read must not stop the others. */
  async #unlessUnreadable<T>(about: string, reading: () => Promise<T>): Promise<T | undefined> {
    try {
      return await reading();
    } catch (error) {
      this.#parts.onTrouble(about, error);
      return undefined;
    }
  }
}

function inOrder<News extends { id: string; operation: NewOperation }>(news: readonly News[]): News[] {
  const began = new Map<string, number>();
  for (const { id, operation } of news) began.set(id, Math.min(began.get(id) ?? Infinity, operation.at));
  return news.toSorted(
    (one, other) =>
      (began.get(one.id) ?? 0) - (began.get(other.id) ?? 0) || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0),
  );
}
