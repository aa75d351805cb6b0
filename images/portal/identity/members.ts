/** Where it is written down who is in the guild. */
export interface MemberList {
  /** Their handles, as soon as they can be read. */
  read(): Promise<ReadonlySet<string>>;
  /** Calls back whenever somebody came or went. */
  onChange(listener: (handles: ReadonlySet<string>) => void): void;
}

/** Who is in the guild right now. */
export class Members {
  #handles: ReadonlySet<string> = new Set();
  readonly #leaving: ((handle: string) => void)[] = [];

  static async load(list: MemberList): Promise<Members> {
    const members = new Members();
    list.onChange((handles) => members.#replace(handles));
    members.#replace(await list.read());
    return members;
  }

  has(handle: string): boolean {
    return this.#handles.has(handle);
  }

  list(): string[] {
    return [...this.#handles].sort();
  }

  /** Calls back with the handle of each who leaves from now on. */
  onLeave(listener: (handle: string) => void): void {
    this.#leaving.push(listener);
  }

  #replace(handles: ReadonlySet<string>): void {
    const gone = [...this.#handles].filter((handle) => !handles.has(handle));
    this.#handles = handles;
    for (const handle of gone) for (const listener of this.#leaving) listener(handle);
  }
}

/** For a portal without a cluster. */
export class MemoryMembers implements MemberList {
  #handles: ReadonlySet<string>;
  readonly #listeners: ((handles: ReadonlySet<string>) => void)[] = [];

  constructor(handles: readonly string[]) {
    this.#handles = new Set(handles);
  }

  async read(): Promise<ReadonlySet<string>> {
    return this.#handles;
  }

  onChange(listener: (handles: ReadonlySet<string>) => void): void {
    this.#listeners.push(listener);
  }

  replace(handles: readonly string[]): void {
    this.#handles = new Set(handles);
    for (const listener of this.#listeners) listener(this.#handles);
  }
}
