import type { Broken, Siblings } from "../../check/rules.ts";
import { workspaceName } from "../../schema.ts";
import type { GuildConfig } from "../../schema.ts";

/** Rules of `backup` that are broken. */
export function backupMistakes(config: GuildConfig, siblings: Siblings): Broken[] {
  const { backup } = config;
  if (backup === undefined) return [];
  return [...nameMistakes(config), ...secretMistakes(backup.target, siblings)];
}

/** Volumes are told apart by one name each: `npm run restore -- registry`. */
function nameMistakes({ mesh, registry, workspaces, apps }: GuildConfig): Broken[] {
  const ours = [
    ...(registry === undefined ? [] : ["registry"]),
    ...(mesh.kind === "headscale" && mesh.placement === "cluster" ? ["headscale"] : []),
  ];
  const named = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index, "name"], name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index, "name"], name })),
  ];
  return named.filter(({ name }) => ours.includes(name)).map(({ path, name }) => ({
    paths: [path, ["backup"]], allowed: `a name other than "${name}", by which the guild's own ${name} is backed up and restored`, fix: `name it, for instance "${name}-2"`,
  }));
}

function secretMistakes(target: NonNullable<GuildConfig["backup"]>["target"], siblings: Siblings): Broken[] {
  const missing = (key: string) => ({
    paths: [["backup", "target"]], allowed: `with the secret guildnet:${key}`, fix: `run: npm run pulumi -- config set --secret guildnet:${key}`,
  });
  if (target.kind === "s3") return (["backupAccessKey", "backupSecretKey"] as const).filter((key) => siblings[key] !== true).map(missing);
  if (target.kind === "rest" && target.user !== undefined && siblings.backupServerPassword !== true) return [missing("backupServerPassword")];
  return [];
}
