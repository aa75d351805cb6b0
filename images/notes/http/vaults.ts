import { join } from "node:path";
import { HANDLE } from "../../pod/names.ts";
import { authorOfOrigin } from "../editing/rooms.ts";
import { SharedVault, type SharedVaultOptions } from "../editing/shared-vault.ts";
import type { Repository } from "../git/repository.ts";

/** The vault of all. */
export const GUILD = "guild";

/** What a person's own vault is called. No handle begins with it, so that no vault has two names. */
export const ownVault = (handle: string): string => `~${handle}`;

type Passed = "branch" | "environment" | "pollMs" | "quietMs" | "longestMs";

export interface VaultsOptions extends Pick<SharedVaultOptions, Passed> {
  /** Holds a folder for each vault. */
  readonly folder: string;
  /** What git takes for a vault's remote. @default none */
  readonly remoteOf?: (vault: string) => string | undefined;
  readonly onChange?: (vault: string, paths: readonly string[]) => void;
  readonly onOpen?: SharedVaultOptions["onOpen"];
  readonly onHistory?: (vault: string, repository: Repository) => void;
  readonly onError?: (vault: string, error: unknown) => void;
}

/** All vaults of the guild, opened when they are first asked for. */
export class Vaults {
  readonly #options: VaultsOptions;
  readonly #opening = new Map<string, Promise<SharedVault>>();
  readonly #open = new Map<string, SharedVault>();
  #gone: (vault: string, id: string) => void = () => undefined;

  constructor(options: VaultsOptions) {
    this.#options = options;
  }

  /** What a person may see: the guild's and their own. Of another's they aren't told whether there is one. */
  static namesFor(handle: string): readonly string[] {
    return [GUILD, ownVault(handle)];
  }

  /** @returns undefined where it is not theirs */
  async for(handle: string, name: string): Promise<SharedVault | undefined> {
    return Vaults.namesFor(handle).includes(name) ? await this.#openVault(name) : undefined;
  }

  /** Tells of notes that were removed while their documents were known. */
  whenGone(listener: (vault: string, id: string) => void): void {
    this.#gone = listener;
  }

  /** One that is open already, whoever's it is. */
  get(name: string): SharedVault | undefined {
    return this.#open.get(name);
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opening.values());
    await Promise.all(opened.map(async (each) => (each.status === "fulfilled" ? await each.value.close() : undefined)));
  }

  #openVault(name: string): Promise<SharedVault> {
    const known = this.#opening.get(name);
    if (known !== undefined) return known;
    const opening = this.#begin(name);
    this.#opening.set(name, opening);
    // The next who asks may have more luck.
    opening.catch(() => this.#opening.delete(name));
    return opening;
  }

  async #begin(name: string): Promise<SharedVault> {
    const { folder, remoteOf, onChange, onHistory, onError, ...rest } = this.#options;
    // A vault's name becomes a folder's.
    if (name !== GUILD && !(name.startsWith("~") && HANDLE.test(name.slice(1)))) throw new Error("no name of a vault");
    const place = name === GUILD ? join(folder, "guild") : join(folder, "people", name.slice(1));
    const vault = await SharedVault.open({
      ...rest,
      folder: join(place, "notes"),
      stateFolder: join(place, "state"),
      remote: remoteOf?.(name),
      authorOf: authorOfOrigin,
      onGone: (id) => this.#gone(name, id),
      onChange: (paths) => onChange?.(name, paths),
      onHistory: (repository) => onHistory?.(name, repository),
      onError: (error) => onError?.(name, error),
    });
    this.#open.set(name, vault);
    return vault;
  }
}
