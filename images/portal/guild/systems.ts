/** How a workload of one of the guild's systems is. */
export interface SystemState {
  /** Words for people: "registry", "load balancer speaker". */
  readonly what: string;
  /** Namespace and name. */
  readonly where: string;
  /** Where it is reached inside the cluster, or by everybody; undefined where that is nowhere, or under names of its own. */
  readonly address?: string;
  /** In a few words: "1/1 ready". */
  readonly state: string;
  readonly healthy: boolean;
}

/** The systems that workspaces stand on. */
export interface Systems {
  /** How each is now. @throws where nobody can say which there are */
  look(): Promise<readonly SystemState[]>;
}

/** For a portal without a cluster. */
export class MemorySystems implements Systems {
  states: readonly SystemState[] = [];

  look(): Promise<readonly SystemState[]> {
    return Promise.resolve(this.states);
  }
}
