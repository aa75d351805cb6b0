import type { Audience, EventData, EventType } from "../../../events/index.ts";
import type { SeenEvent } from "./event-feed.ts";

/** The event bus for who has credentials of their own for it. Implementations: the real one (`watch/`), and memory for tests. */
export interface WorkspaceEventBus {
  /**
   * What is asked there is asked as these credentials' owner: the bus itself says what it may.
   * @throws where the bus is away, or takes nobody in by them
   */
  signIn(credentials: string): Promise<WorkspaceEvents>;
}

/** The bus as one workspace has it. */
export interface WorkspaceEvents {
  /** Number of the newest event of an audience, 0 where there is none. */
  newest(audience: Audience): Promise<number>;
  /** What is kept after an event of that number, to the end. */
  kept(audience: Audience, after: number): AsyncIterable<SeenEvent>;
  /** The same, and then each as it is said, until the signal. */
  follow(audience: Audience, after: number, signal: AbortSignal): AsyncIterable<SeenEvent>;
  say<Type extends EventType>(audience: Audience, type: Type, data: EventData<Type>): Promise<void>;
  close(): Promise<void>;
}
