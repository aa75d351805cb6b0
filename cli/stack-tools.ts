import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { stackFile } from "../engine/stack-config.ts";
import type { Project } from "../engine/project.ts";
import { ENGINE_TOOLS } from "../toolchain/tools/index.ts";

/** What only an embedded cluster needs. */
const EMBEDDED_TOOLS = ["node-packages", "image-builder", "kubernetes"] as const;

interface GuildSettings {
  readonly cluster?: { readonly kind?: string };
  readonly mesh?: { readonly kind?: string; readonly placement?: string };
}
interface StackFile {
  readonly config?: { readonly "guildnet:guild"?: GuildSettings };
}

/** The tools that the stack's configuration calls for, those that are needed first first. */
export function toolsForStack(project: Project, stack: string): string[] {
  const kind = settingsOf(project, stack)?.cluster?.kind ?? "embedded";
  return kind === "embedded" ? [...ENGINE_TOOLS, ...EMBEDDED_TOOLS] : [...ENGINE_TOOLS];
}

/**
 * Whether the engine has to come by plugins that no tool of ours brings, Tailscale's and Docker's. It would fetch both for
 * every stack, needed or not, since the program can use them, and unlike ours they are compared with nothing.
 */
export function usesForeignPlugins(project: Project, stack: string): boolean {
  const mesh = settingsOf(project, stack)?.mesh;
  return mesh?.kind === "tailnet" || mesh?.placement === "host";
}

function settingsOf(project: Project, stack: string): GuildSettings | undefined {
  const file = stackFile(project, stack);
  const settings = (existsSync(file) ? parse(readFileSync(file, "utf8")) : {}) as StackFile | null;
  return settings?.config?.["guildnet:guild"];
}
