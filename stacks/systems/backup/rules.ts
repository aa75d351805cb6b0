import type { Broken, Given } from "../../check/broken.ts";
import type { AppsKeys } from "../apps/schema.ts";
import type { EventsKeys } from "../events/schema.ts";
import type { MeshKeys } from "../mesh/schema.ts";
import type { RegistryKeys } from "../registry/schema.ts";
import { workspaceName } from "../workspaces/schema.ts";
import type { WorkspacesKeys } from "../workspaces/schema.ts";
import type { BackupConfig, BackupKeys } from "./schema.ts";

type Reads = BackupKeys & EventsKeys & MeshKeys & RegistryKeys & WorkspacesKeys & AppsKeys;
type Credentials = Given<"backupAccessKey" | "backupSecretKey" | "backupServerPassword">;

/** Rules of `backup` that are broken. */
export function backupMistakes(config: Reads, given: Credentials): Broken[] {
  const { backup } = config;
  if (backup === undefined) return [];
  return [...nameMistakes(config), ...secretMistakes(backup.target, given)];
}

/** Volumes are told apart by one name each: `npm run restore -- registry`. */
function nameMistakes({ events, mesh, registry, workspaces, apps }: Reads): Broken[] {
  const ours = [
    ...(events === undefined ? [] : ["events"]),
    ...(registry === undefined ? [] : ["registry"]),
    ...(mesh.kind === "headscale" && mesh.placement === "cluster" ? ["headscale"] : []),
  ];
  const named = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index, "name"], name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index, "name"], name })),
  ];
  return named
    .filter(({ name }) => ours.includes(name))
    .map(({ path, name }) => ({
      paths: [path, ["backup"]],
      allowed: `a name other than "${name}", by which the guild's own ${name} is backed up and restored`,
      fix: `name it, for instance "${name}-2"`,
    }));
}

function secretMistakes(target: BackupConfig["target"], given: Credentials): Broken[] {
  const missing = (key: string) => ({
    paths: [["backup", "target"]],
    allowed: `with the secret guildnet:${key}`,
    fix: `run: npm run pulumi -- config set --secret guildnet:${key}`,
  });
  if (target.kind === "s3")
    return (["backupAccessKey", "backupSecretKey"] as const).filter((key) => given[key] !== true).map(missing);
  if (target.kind === "rest" && target.user !== undefined && given.backupServerPassword !== true)
    return [missing("backupServerPassword")];
  return [];
}
