import { readPublications, type Publication, type PublicationList } from "../guild/publications.ts";
import { WatchedConfigMap, type WatchedConfigMapOptions } from "./watched-config-map.ts";

/** Name of the ConfigMap, and what of it is the list. */
export const PUBLISHED = { name: "published", key: "publications" };

/** In a ConfigMap that each `up` writes anew, and that is followed: what is no longer published is closed without a restart of the portal. */
export class ClusterPublications implements PublicationList {
  readonly #object: WatchedConfigMap;
  readonly #listeners: ((all: readonly Publication[]) => void)[] = [];
  #latest: readonly Publication[] | undefined;

  constructor(options: Omit<WatchedConfigMapOptions, "name">) {
    this.#object = new WatchedConfigMap({ ...options, name: PUBLISHED.name });
    this.#object.onChange((data) => {
      this.#latest = readable(data[PUBLISHED.key] ?? "[]", options.warn);
      for (const listener of this.#listeners) listener(this.#latest);
    });
  }

  follow(listener: (all: readonly Publication[]) => void): void {
    this.#listeners.push(listener);
    if (this.#latest !== undefined) listener(this.#latest);
  }

  stop(): void {
    this.#object.stop();
  }
}

/** What can't be understood opens nothing. */
function readable(text: string, warn: WatchedConfigMapOptions["warn"]): Publication[] {
  try {
    return readPublications(text);
  } catch (error) {
    warn("the list of what is published is no JSON: nothing is", error as Error);
    return [];
  }
}
