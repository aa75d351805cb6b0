/** What the node says of the machine that all its workspaces are on. Nothing, where nobody looks after that. */
export interface MachineState {
  /** What is left of its disk, in words, where that is little. */
  readonly diskFree?: string;
  /** Ids of the workspaces whose homes are nearly full. */
  readonly fullHomes: ReadonlySet<string>;
}

/** Where the node writes that down. */
export interface MachineReports {
  /** Calls back whenever it said something new. */
  onChange(listener: (state: MachineState) => void): void;
}

const HEALTHY: MachineState = { fullHomes: new Set() };

/** How the machine is right now. */
export class Machine {
  #state = HEALTHY;
  readonly #listeners = new Set<(before: MachineState) => void>();

  constructor(reports?: MachineReports) {
    reports?.onChange((state) => {
      const before = this.#state;
      this.#state = state;
      for (const listener of this.#listeners) listener(before);
    });
  }

  get state(): MachineState {
    return this.#state;
  }

  /** @returns what ends it */
  onChange(listener: (before: MachineState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** For a portal without a cluster. */
export class MemoryMachine implements MachineReports {
  #listener: (state: MachineState) => void = () => undefined;

  onChange(listener: (state: MachineState) => void): void {
    this.#listener = listener;
  }

  report(state: MachineState): void {
    this.#listener(state);
  }
}
