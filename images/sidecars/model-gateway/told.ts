import type { Usage } from "./usage.ts";

/** One question that was asked, and what became of it. Nothing of what it says. */
export interface Asked {
  readonly workspace: string;
  readonly model: string;
  readonly server: string;
  /** The answer's; 499 where whoever asked went away before it was there. */
  readonly status: number;
  readonly usage: Usage;
  readonly ms: number;
}

/** Who is told of every question: the metrics, the limits, the log, and whatever else is to count them. */
export interface Told {
  asked(question: Asked): void;
}
