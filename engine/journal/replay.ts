import {
  manifest,
  withIntactReferences,
  withPresentNames,
  type Deployment,
  type Operation,
  type ResourceState,
  type SecretsProvider,
} from "./deployment.ts";

/** Kinds of journal entries, by their numbers in the engine's protocol (pulumi/sdk, apitype/journal.go). */
export const entryKind = {
  begin: 0,
  success: 1,
  failure: 2,
  refreshSuccess: 3,
  outputs: 4,
  write: 5,
  secretsManager: 6,
  rebuiltBaseState: 7,
} as const;

/**
 * What the engine tells after each step. Resources of the state it began with are called by their place in it
 * ("old"), those that this update made by the operation that did ("new").
 */
export interface JournalEntry {
  /** Of its form. */
  readonly version?: number;
  readonly kind: number;
  readonly sequenceID: number;
  readonly operationID: number;
  readonly removeOld?: number | null;
  readonly removeNew?: number | null;
  readonly deleteOld?: number | null;
  readonly deleteNew?: number | null;
  readonly pendingReplacementOld?: number | null;
  readonly pendingReplacementNew?: number | null;
  readonly state?: ResourceState | null;
  readonly operation?: Operation | null;
  readonly isRefresh?: boolean;
  readonly secretsProvider?: SecretsProvider | null;
  readonly newSnapshot?: Deployment | null;
}

/** A resource that this update made, by its operation; undefined once it is gone again. */
type Made = Map<number, ResourceState | undefined>;

/**
 * A stack's state, followed through an update: the state before, and what the engine told since. Follows version 1
 * of the engine's journal.
 */
export class Replay {
  #base: Deployment;
  /** The old ones: changed, or undefined once they are gone. */
  #old = new Map<number, ResourceState | undefined>();
  #made: Made = new Map();
  #begun = new Map<number, Operation | undefined>();
  #isRefreshed = false;
  readonly #endedByItself: boolean;

  /** @param endedByItself whether the update came to its end with all of its processes: what failed in it was refused, and is not there */
  constructor(base: Deployment, endedByItself = false) {
    this.#base = base;
    this.#endedByItself = endedByItself;
  }

  /** @throws where an entry doesn't fit those before */
  add(entry: JournalEntry): void {
    switch (entry.kind) {
      case entryKind.begin:
        this.#begun.set(entry.operationID, entry.operation ?? undefined);
        return;
      case entryKind.success:
        this.#succeed(entry);
        return;
      case entryKind.failure:
        // A plugin that was killed in the middle of a creation may have made it, and the engine tells a failure.
        if (this.#endedByItself || this.#begun.get(entry.operationID)?.type !== "creating")
          this.#begun.delete(entry.operationID);
        return;
      case entryKind.refreshSuccess:
        this.#begun.delete(entry.operationID);
        this.#isRefreshed = true;
        this.#replace(entry, entry.state ?? undefined);
        return;
      case entryKind.outputs:
        if (entry.state) this.#replace(entry, entry.state);
        return;
      case entryKind.write:
        this.#base = entry.newSnapshot ?? {};
        return;
      case entryKind.secretsManager:
        this.#base = { ...this.#base, secrets_providers: entry.secretsProvider ?? undefined };
        return;
      case entryKind.rebuiltBaseState:
        this.#rebase();
        return;
      default:
        throw new Error(`the engine's journal has an entry of the unknown kind ${entry.kind}`);
    }
  }

  /** The state as of now, operations under way included. @param version of the engine */
  deployment(version: string, now = new Date()): Deployment {
    const begun = [...this.#begun.values()].filter((operation) => operation !== undefined);
    // What may have been made, by a run of which nobody knows the end, is for the next one to settle.
    const inherited = (this.#base.pending_operations ?? []).filter(({ type }) => type === "creating");
    const pending = [...begun, ...inherited];
    return {
      manifest: manifest(version, now),
      ...(this.#base.secrets_providers === undefined ? {} : { secrets_providers: this.#base.secrets_providers }),
      resources: withPresentNames(this.#resources()),
      ...(pending.length === 0 ? {} : { pending_operations: pending }),
      metadata: this.#base.metadata ?? {},
    };
  }

  /** Those this update made, then the old ones that it hasn't come to: each after what it depends on. */
  #resources(): ResourceState[] {
    const old = (this.#base.resources ?? []).map((resource, place) =>
      this.#old.has(place) ? this.#old.get(place) : resource,
    );
    const resources = [...this.#made.values(), ...old].filter((resource) => resource !== undefined);
    return this.#isRefreshed ? withIntactReferences(resources) : resources;
  }

  #succeed(entry: JournalEntry): void {
    this.#begun.delete(entry.operationID);
    this.#isRefreshed ||= entry.isRefresh === true;
    if (entry.state) this.#made.set(entry.operationID, entry.state);
    if (isGiven(entry.removeOld)) this.#old.set(entry.removeOld, undefined);
    if (isGiven(entry.removeNew)) this.#made.set(entry.removeNew, undefined);
    if (isGiven(entry.deleteOld)) this.#markOld(entry.deleteOld, { delete: true });
    if (isGiven(entry.deleteNew)) this.#markMade(entry.deleteNew, { delete: true });
    if (isGiven(entry.pendingReplacementOld)) this.#markOld(entry.pendingReplacementOld, { pendingReplacement: true });
    if (isGiven(entry.pendingReplacementNew)) this.#markMade(entry.pendingReplacementNew, { pendingReplacement: true });
  }

  #replace({ removeOld, removeNew }: JournalEntry, state: ResourceState | undefined): void {
    if (isGiven(removeOld)) this.#old.set(removeOld, state);
    if (isGiven(removeNew)) this.#made.set(removeNew, state);
  }

  #markOld(place: number, mark: Partial<ResourceState>): void {
    const resource = this.#old.has(place) ? this.#old.get(place) : this.#base.resources?.[place];
    if (resource !== undefined) this.#old.set(place, { ...resource, ...mark });
  }

  #markMade(operation: number, mark: Partial<ResourceState>): void {
    const resource = this.#made.get(operation);
    if (resource !== undefined) this.#made.set(operation, { ...resource, ...mark });
  }

  /** From here on, places are those of the state as of now. */
  #rebase(): void {
    this.#base = this.deployment(this.#base.manifest?.version ?? "");
    this.#old = new Map();
    this.#made = new Map();
    this.#begun = new Map();
    this.#isRefreshed = false;
  }
}

function isGiven(place: number | null | undefined): place is number {
  return place !== undefined && place !== null;
}
