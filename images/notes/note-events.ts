import { createHmac } from "node:crypto";
import type { SayOnBus } from "../pod/on-bus.ts";
import { commitsBetween } from "./git/history.ts";
import type { Repository } from "./git/repository.ts";
import { GUILD } from "./http/vaults.ts";
import { isNotePath } from "./vault/note-path.ts";

/** git's name of the commit up to which everything has been said. It is in the vault's own repository, so that a restore takes both. */
const TOLD = "refs/guildnet/told";
/** Of one commit: whoever brings thousands of notes at once says it with the first of them. */
const MOST_NOTES = 100;
/** After the bus, or the server, was away for long. */
const MOST_COMMITS = 1_000;
const AGAIN_MS = 15_000;

export interface NoteEventsOptions {
  readonly say: SayOnBus;
  /** Ids of events are made with it: under the same id the bus takes none twice, and nobody else can say one first. */
  readonly key: Uint8Array;
  /** Told of what could not be said yet. */
  readonly onTrouble: (vault: string, error: unknown) => void;
  /** Between two tries. @default 15000 */
  readonly againMs?: number;
}

/**
 * Says on the event bus which notes were changed, by whom. What is to be said is the vaults' history, so that a server
 * that is killed, or a bus that is away, makes it late and loses none of it. Nobody who writes waits for it.
 */
export class NoteEvents {
  readonly #options: NoteEventsOptions;
  readonly #tellers = new Map<string, Teller>();

  constructor(options: NoteEventsOptions) {
    this.#options = options;
  }

  /** A vault's history may have gone on. */
  lookAt(vault: string, repository: Repository): void {
    const teller = this.#tellers.get(vault) ?? new Teller(vault, repository, this.#options);
    this.#tellers.set(vault, teller);
    teller.lookAgain();
  }

  /** Says what it is at, and nothing more. */
  async close(): Promise<void> {
    await Promise.all([...this.#tellers.values()].map((teller) => teller.stop()));
  }
}

class Teller {
  readonly #vault: string;
  readonly #repository: Repository;
  readonly #options: NoteEventsOptions;
  /** Commits since the one that git keeps for us, of which all was said. */
  readonly #said = new Set<string>();
  #running: Promise<void> | undefined;
  #isOld = false;
  #stopped = false;
  #again: NodeJS.Timeout | undefined;

  constructor(vault: string, repository: Repository, options: NoteEventsOptions) {
    this.#vault = vault;
    this.#repository = repository;
    this.#options = options;
  }

  lookAgain(): void {
    this.#isOld = true;
    if (!this.#stopped) this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#again);
    try {
      while (this.#isOld && !this.#stopped) {
        this.#isOld = false;
        await this.#tell();
      }
    } catch (error) {
      this.#options.onTrouble(this.#vault, error);
      this.#again = setTimeout(() => this.lookAgain(), this.#options.againMs ?? AGAIN_MS).unref();
    }
  }

  async #tell(): Promise<void> {
    const head = await this.#repository.head();
    const told = await this.#repository.commitNamed(TOLD);
    if (head === undefined || told === undefined || head === told) return;
    for (const commit of await commitsBetween(this.#repository, told, head, MOST_COMMITS)) {
      if (this.#said.has(commit.id)) continue;
      const notes = commit.files.filter(({ path }) => isNotePath(path)).slice(0, MOST_NOTES);
      for (const { path, change } of notes) {
        if (this.#stopped) return;
        const note = { vault: this.#vault, path, by: commit.author.name, change };
        await this.#options.say(audienceOf(this.#vault), "note.changed", note, this.#idOf(commit.id, path));
      }
      this.#said.add(commit.id);
    }
    await this.#repository.git("update-ref", TOLD, head);
    this.#said.clear();
  }

  #idOf(commit: string, path: string): string {
    const { key } = this.#options;
    return createHmac("sha256", key).update(`event\n${this.#vault}\n${commit}\n${path}`).digest("base64url");
  }
}

/** The guild's notes are everybody's; a person's own are told to that person alone. */
function audienceOf(vault: string): Parameters<SayOnBus>[0] {
  return vault === GUILD ? "guild" : `@${vault.slice(1)}`;
}

/** Of a vault that was there before there was a bus its history is nothing new. Called before anything is committed. */
export async function beginTelling(repository: Repository): Promise<void> {
  if ((await repository.commitNamed(TOLD)) !== undefined) return;
  await repository.git("update-ref", TOLD, (await repository.head()) ?? (await repository.emptyCommit()));
}
