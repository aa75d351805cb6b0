import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { stackFile } from "../engine/stack-config.ts";
import { PROJECT_ROOT } from "../toolchain/project.ts";
import { ENGINE_TOOLS } from "../toolchain/tools/index.ts";

/** What only an embedded cluster needs. */
const EMBEDDED_TOOLS = ["node-packages", "image-builder", "kubernetes"] as const;

interface GuildSettings { readonly cluster?: { readonly kind?: string }; readonly mesh?: { readonly kind?: string; readonly placement?: string } }
interface StackFile { readonly config?: { readonly "guildnet:guild"?: GuildSettings } }

/** The tools that the stack's configuration calls for, those that are needed first first. */
export function toolsForStack(stack: string, projectRoot: string = PROJECT_ROOT): string[] {
  const kind = settingsOf(stack, projectRoot)?.cluster?.kind ?? "embedded";
  return kind === "embedded" ? [...ENGINE_TOOLS, ...EMBEDDED_TOOLS] : [...ENGINE_TOOLS];
}

/**
 * Whether the engine has to come by plugins that no tool of ours brings, Tailscale's and Docker's. It would fetch both for
 * every stack, needed or not, since the program can use them, and unlike ours they are compared with nothing.
 */
export function usesForeignPlugins(stack: string, projectRoot: string = PROJECT_ROOT): boolean {
  const mesh = settingsOf(stack, projectRoot)?.mesh;
  return mesh?.kind === "tailnet" || mesh?.placement === "host";
}

function settingsOf(stack: string, projectRoot: string): GuildSettings | undefined {
  const file = stackFile(projectRoot, stack);
  const settings = (existsSync(file) ? parse(readFileSync(file, "utf8")) : {}) as StackFile | null;
  return settings?.config?.["guildnet:guild"];
}
