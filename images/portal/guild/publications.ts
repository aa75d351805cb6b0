import { HOST_LABEL } from "../../pod/names.ts";
import type { Workspace } from "./workspaces.ts";

/** What is open to the whole internet, under a host name of its own. */
export interface Publication {
  /** In lower case, without a port. */
  readonly host: string;
  /** What it is: the label that stands before the apps domain where the guild itself opens it. */
  readonly label: string;
  /** Seconds since the epoch from which it is closed. @default it stays */
  readonly until?: number;
  /** Whether it is open although its own visibility lets in some alone. */
  readonly evenThoughPrivate: boolean;
}

/** Where it is written down what is published. */
export interface PublicationList {
  /** Calls back with all of them as soon as they can be read, and whenever they change. */
  follow(listener: (all: readonly Publication[]) => void): void;
}

/** Between two looks at the clock, which may be set meanwhile. */
const LOOK_SECONDS = 30;

/** What is published right now. Each closes by itself once its time is over, whoever is still about to write it down. */
export class Publications {
  #all: ReadonlyMap<string, Publication> = new Map();
  readonly #now: () => number;
  readonly #closing: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param now seconds since the epoch, with fractions */
  constructor(list: PublicationList, now: () => number) {
    this.#now = now;
    list.follow((all) => {
      this.#all = new Map(all.map((publication) => [publication.host, publication]));
      this.#look();
    });
  }

  /** @returns undefined where nothing is open under that name, or no longer */
  get(host: string): Publication | undefined {
    const found = this.#all.get(host);
    return found !== undefined && this.#now() < (found.until ?? Infinity) ? found : undefined;
  }

  /** Calls back whenever one may have closed. */
  onClose(listener: () => void): void {
    this.#closing.push(listener);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#closing) listener();
    const left = [...this.#all.values()].map(({ until = Infinity }) => until - this.#now()).filter((each) => each > 0);
    const next = Math.min(...left);
    if (next === Infinity) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(next, LOOK_SECONDS) * 1000).unref();
  }
}

/** Whether it may be served to whoever comes. */
export function isOpenToAll(workspace: Workspace | undefined, publication: Publication | undefined): boolean {
  if (workspace === undefined || publication === undefined) return false;
  return workspace.visibility === "public" || publication.evenThoughPrivate;
}

/** @returns what of the text can be understood: a line that can't opens nothing */
export function readPublications(text: string): Publication[] {
  const all: unknown = JSON.parse(text);
  return Array.isArray(all) ? (all as Written[]).flatMap(publicationOf) : [];
}

type Written = { readonly [Key in keyof Publication]?: unknown };

function publicationOf({ host, label, until, evenThoughPrivate }: Written): Publication[] {
  if (typeof host !== "string" || typeof label !== "string" || !HOST_LABEL.test(label)) return [];
  const known = { host, label, evenThoughPrivate: evenThoughPrivate === true };
  if (until === undefined) return [known];
  const end = typeof until === "string" ? Date.parse(until) / 1000 : NaN;
  return Number.isNaN(end) ? [] : [{ ...known, until: end }];
}

/** For a portal without a cluster. */
export class MemoryPublications implements PublicationList {
  #all: readonly Publication[] = [];
  readonly #listeners: ((all: readonly Publication[]) => void)[] = [];

  follow(listener: (all: readonly Publication[]) => void): void {
    this.#listeners.push(listener);
    listener(this.#all);
  }

  replace(all: readonly Publication[]): void {
    this.#all = all;
    for (const listener of this.#listeners) listener(all);
  }
}
