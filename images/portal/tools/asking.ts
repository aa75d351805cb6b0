import type { Workspace } from "../guild/workspaces.ts";

/** Who asks, and for how long they wait. */
export interface Asking {
  /** The person who may see what is answered is its owner. */
  readonly workspace: Workspace;
  /** What it brought to be known to the event bus by. */
  readonly credentials: string | undefined;
  /** Ended when it went away. */
  readonly gone: AbortSignal;
}

/** What a tool can't do, in words for who asked; of everything else that may go wrong they are told no more than that. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
