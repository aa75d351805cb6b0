import { UserError } from "../errors.ts";
import { kubernetes } from "./kubernetes.ts";
import { pulumiKubernetes } from "./pulumi-kubernetes.ts";
import { pulumi } from "./pulumi.ts";
import { chromium, httpTools, imageBuilder, nodePackages } from "./system-packages.ts";
import type { Tool } from "./tool.ts";

const TOOLS: readonly Tool[] = [pulumi, pulumiKubernetes, nodePackages, imageBuilder, kubernetes, chromium, httpTools];

/** Names that `require` takes. */
export const toolNames: readonly string[] = TOOLS.map(({ name }) => name);

/** What every run of the engine needs. */
export const ENGINE_TOOLS = ["pulumi", "pulumi-kubernetes"] as const;

/** The tools of these names. @throws UserError `tool-unknown` */
export function toolsNamed(names: readonly string[]): Tool[] {
  return names.map((name) => {
    const tool = TOOLS.find((candidate) => candidate.name === name);
    if (tool === undefined)
      throw new UserError(
        "tool-unknown",
        `There is no tool ${JSON.stringify(name)}; there are ${toolNames.join(", ")}.`,
      );
    return tool;
  });
}
