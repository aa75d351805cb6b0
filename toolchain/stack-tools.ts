import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { stackFile } from "./engine/stack-config.ts";
import { PROJECT_ROOT } from "./project.ts";
import { ENGINE_TOOLS } from "./tools/index.ts";

/** What only an embedded cluster needs. */
const EMBEDDED_TOOLS = ["node-packages", "image-builder", "kubernetes"] as const;

interface StackFile { readonly config?: { readonly "guildnet:guild"?: { readonly cluster?: { readonly kind?: string } } } }

/** The tools that the stack's configuration calls for, those that are needed first first. */
export function toolsForStack(stack: string, projectRoot: string = PROJECT_ROOT): string[] {
  const file = stackFile(projectRoot, stack);
  const settings = (existsSync(file) ? parse(readFileSync(file, "utf8")) : {}) as StackFile | null;
  const kind = settings?.config?.["guildnet:guild"]?.cluster?.kind ?? "embedded";
  return kind === "embedded" ? [...ENGINE_TOOLS, ...EMBEDDED_TOOLS] : [...ENGINE_TOOLS];
}
