import { knownModel, memoryOf, smallModel } from "../../../components/index.ts";
import type { ModelSpec } from "../../../components/index.ts";
import { quantity } from "../../../components/kube/quantity.ts";
import type { ListedModel } from "./schema.ts";

/** Room for an agent's instructions, some files, and what it says. */
const USUAL_WINDOW = 32_768;

/** What a server is to have, as the config's entry says it and what is known fills in. */
export function specOf(listed: ListedModel): ModelSpec {
  const { name, source, template, system, parameters, tools } = listed;
  const known = knownModel(name),
    base = name === smallModel.name && source === undefined ? smallModel : undefined;
  return {
    ...base,
    name,
    contextWindow: windowOf(listed),
    tools: tools ?? known?.tools ?? false,
    ...(source !== undefined && { source }),
    ...(template !== undefined && { template }),
    ...(system !== undefined && { system }),
    ...(parameters !== undefined && { parameters: { ...base?.parameters, ...parameters } }),
  };
}

export function windowOf({ name, contextWindow }: ListedModel): number {
  return contextWindow ?? Math.min(USUAL_WINDOW, knownModel(name)?.longest ?? USUAL_WINDOW);
}

/** Memory that it takes while it is asked, bytes; undefined where nobody knows. */
export function memoryNeeded(listed: ListedModel): number | undefined {
  if (listed.memory !== undefined) return quantity(listed.memory);
  const known = knownModel(listed.name);
  return known === undefined ? undefined : memoryOf(known, windowOf(listed));
}
