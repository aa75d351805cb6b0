import { z } from "zod";
import { presets, smallest, WORKSPACE_ID } from "../../../components/index.ts";
import type { PresetName } from "../../../components/index.ts";
import { bytes, cores, handle, image } from "../../check/scalars.ts";
import { internet, labels, nodeSelector, ports, workspaceEnvironment } from "./pod-schema.ts";

const GIT_URL = /^(https:\/\/|ssh:\/\/|git@)[^\s\p{Cc}]+$/u;

const workspace = z.strictObject({
  name: z
    .string()
    .regex(WORKSPACE_ID, 'lower case letters, digits and single "-", at most 40, for instance "ada-lab"')
    .optional()
    .describe("Name, unique in the guild; part of its address. Default: the owner's handle."),
  owner: handle.describe("Handle of the person it belongs to. No default."),
  preset: z
    .enum(Object.keys(presets) as [PresetName, ...PresetName[]])
    .default("standard")
    .describe("Size by name."),
  takeOverFrom: handle
    .optional()
    .describe(
      "Handle of the person whose home was kept under this name and now becomes the owner's, backups included. Default: nobody; such a home is left alone.",
    ),
  image: image.optional().describe("Image to run. Default: the guild's workspace image."),
  resources: z
    .strictObject({
      cpu: cores(smallest.cpu).optional().describe("Cores it may use. Default: the preset's."),
      memory: bytes(smallest.memory).optional().describe("Memory it may use. Default: the preset's."),
    })
    .default({})
    .describe("What it may use, where that differs from the preset."),
  storage: bytes(smallest.storage)
    .optional()
    .describe("Size of its home volume; it can grow, not shrink. Default: the preset's."),
  environment: workspaceEnvironment.prefault({}).describe("Environment variables. Not for secrets."),
  ports: ports.describe("Ports the portal may reach beside the IDE."),
  dotfiles: z
    .string()
    .regex(GIT_URL, 'a git repository, for instance "https://example.org/ada/dotfiles"')
    .optional()
    .describe("Git repository with the person's dotfiles. Default: none."),
  nodeSelector: nodeSelector.prefault({}).describe("Labels a node must have to run it."),
  labels: labels.prefault({}).describe("Further labels of its namespace and pod."),
  internet: internet
    .default(true)
    .describe(
      'What it may reach outside of the cluster: the internet without private networks (true), nothing (false), or a list of the only networks, as "10.1.0.0/16"; "0.0.0.0/0" in it is the internet. Never this machine.',
    ),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its home stays when it is removed. To remove both, apply false first."),
});

export const workspacesKeys = {
  workspaces: z
    .array(workspace)
    .optional()
    .describe('One entry per workspace. Default: one, of a person called "you"; none where people are named.'),
};

export type WorkspaceConfig = z.output<typeof workspace>;

export interface WorkspacesKeys {
  workspaces: WorkspaceConfig[];
}

/** Fills in the one workspace of a guild that names neither workspaces nor people. */
export function withWorkspaces<Config extends { workspaces?: WorkspaceConfig[]; people?: object }>(
  config: Config,
): Config & WorkspacesKeys {
  const { people, workspaces } = config;
  return { ...config, workspaces: workspaces ?? (people === undefined ? [workspace.parse({ owner: "you" })] : []) };
}

/** Name of a workspace: its own or its owner's. */
export function workspaceName(config: Pick<WorkspaceConfig, "name" | "owner">): string {
  return config.name ?? config.owner;
}
