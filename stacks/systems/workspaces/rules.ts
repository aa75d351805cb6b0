import type { Broken } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";
import type { AppsKeys } from "../apps/schema.ts";
import { internetMistakes } from "../cluster/internet.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { portMistakes } from "./ports.ts";
import { workspaceName } from "./schema.ts";
import type { WorkspaceConfig, WorkspacesKeys } from "./schema.ts";

/** What is wrong with workspaces, and with names that apps have as well. */
export function workspacesMistakes(config: WorkspacesKeys & AppsKeys & ClusterKeys): Broken[] {
  const { workspaces } = config;
  return [
    ...workspaces.flatMap(({ internet }, index) =>
      internetMistakes(config, internet, ["workspaces", index, "internet"]),
    ),
    ...nameMistakes(config),
    ...workspaces.flatMap(({ ports }, index) =>
      portMistakes(["workspaces", index], ports, { name: "ide", port: 8080, whose: "the IDE's" }),
    ),
    ...workspaces.flatMap(dotfilesMistakes),
  ];
}

/** Workspaces and apps share the names below the apps domain. */
function nameMistakes({ workspaces, apps }: WorkspacesKeys & AppsKeys): Broken[] {
  const entries = [
    ...workspaces.map((workspace, index) => ({
      path: ["workspaces", index],
      name: workspaceName(workspace),
      own: workspace.name !== undefined,
    })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index], name, own: true })),
  ];
  const first = new Map<string, Path>();
  return entries.flatMap(({ path, name, own }) => {
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, path);
      return [];
    }
    const from = own ? "" : `; without a name it is the owner's, "${name}"`;
    return [
      {
        paths: [[...path, "name"], other],
        allowed: `a name that no other ${path[0] === other[0] ? (path[0] === "apps" ? "app" : "workspace") : "workspace or app"} has${from}`,
        fix: `name it, for instance "${freeName(
          name,
          entries.map((entry) => entry.name),
        )}"`,
      },
    ];
  });
}

function freeName(name: string, taken: string[]): string {
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

/** A password in a URL would end in the Deployment, readable. */
function dotfilesMistakes({ dotfiles }: WorkspaceConfig, index: number): Broken[] {
  if (dotfiles === undefined || !/^https:\/\/[^/]*@/.test(dotfiles)) return [];
  return [
    {
      paths: [["workspaces", index, "dotfiles"]],
      allowed: "a repository without a user name or password in its URL",
      fix: "remove what stands before the @",
    },
  ];
}
