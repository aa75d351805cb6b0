import { ConfigError } from "../check/mistakes.ts";
import type { GuildSettings } from "../config.ts";
import { systems } from "../systems.ts";
import { foundMistakes, roomMistakes } from "./found-rules.ts";
import { foundIn, foundOnThisMachine, freeRoom } from "./found.ts";
import type { Found } from "./found.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { reachCluster } from "./reach.ts";

/** What is there before anything is applied. */
export interface Survey {
  /** Of the cluster to join, where there is one. */
  kubeconfig?: Kubeconfig;
  found: Found;
}

/**
 * Looks at the cluster that the guild is in, or will be: who is there, and what earlier times left. In a preview too.
 * @throws ConfigError with every mistake that shows only there
 */
export async function survey(settings: GuildSettings): Promise<Survey> {
  const kubeconfig = await reachCluster(settings);
  const found = kubeconfig === undefined ? await foundOnThisMachine("cluster") : await foundIn(kubeconfig);
  const room = kubeconfig === undefined ? freeRoom("cluster") : undefined;
  const mistakes = [
    ...foundMistakes(settings.config, found),
    ...(room === undefined ? [] : roomMistakes(settings.config, room)),
    ...(await systems.surroundings(settings.config)),
  ];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return { kubeconfig, found };
}
