import * as pulumi from "@pulumi/pulumi";
import { appsDomainBelow } from "../../components/index.ts";

/** What a stack was before, and stays where its config doesn't say otherwise. */
export interface Former {
  /** Whether its workspaces' names are below its portal's host, as those of every stack once were. */
  appsBelowPortal: boolean;
  /** Where devices of its own mesh log in. */
  loginServer?: string;
}

/** Of a stack that never ran. */
export const NEW: Former = { appsBelowPortal: false };

/** Asks the engine for what the stack's last run ended with; in a preview, and on another machine that shares its state, too. */
export async function former(): Promise<Former> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
    outputs: Record<string, unknown>;
  };
  return formerOf(outputs);
}

/** @param outputs of the last run, none where there was none */
export function formerOf({ portalUrl, appsDomain, mesh }: Record<string, unknown>): Former {
  if (typeof portalUrl !== "string") return NEW;
  return {
    appsBelowPortal: appsDomain === undefined || appsDomain === appsDomainBelow(new URL(portalUrl).hostname),
    ...loginServerOf(mesh),
  };
}

function loginServerOf(mesh: unknown): Pick<Former, "loginServer"> {
  const { kind, loginServer } = (mesh ?? {}) as Record<string, unknown>;
  return kind === "headscale" && typeof loginServer === "string" ? { loginServer } : {};
}
