import type { EventData } from "../../../events/index.ts";
import type { Told } from "./told.ts";

/** What a workspace has used of a model, in a while. */
export type Used = EventData<"models.used">;

/** Adds up who uses what. */
export interface Use extends Told {
  /** What was used since the last time: of each workspace and model one. */
  taken(): Used[];
}

/** Added up, so that a workspace which asks all the time is told of once in a while. */
export function use(): Use {
  const running = new Map<string, Used>();
  return {
    asked({ workspace, model, usage }) {
      if (usage.input + usage.output === 0) return;
      const key = JSON.stringify([workspace, model]);
      const { inputTokens = 0, outputTokens = 0 } = running.get(key) ?? {};
      running.set(key, {
        workspace,
        model,
        inputTokens: inputTokens + usage.input,
        outputTokens: outputTokens + usage.output,
      });
    },
    taken() {
      const all = [...running.values()];
      running.clear();
      return all;
    },
  };
}
