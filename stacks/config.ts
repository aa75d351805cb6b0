import * as pulumi from "@pulumi/pulumi";
import { parseGuild } from "./check/parse.ts";
import type { GuildSecrets } from "./guild.ts";
import type { GuildConfig } from "./schema.ts";
import type { Former } from "./survey/former.ts";
import { given } from "./system.ts";
import { systems } from "./systems.ts";

/** All that a stack is told from outside: the config, and its secrets by their names. */
export interface GuildSettings extends GuildSecrets {
  config: GuildConfig;
}

/**
 * Reads the stack's config; the only place that does.
 * A secret is a key of its own: inside an object read as a whole it would lose its mark.
 * @param former what of the stack stays as it was
 * @throws ConfigError with every mistake at once
 */
export function readSettings(former?: Former): GuildSettings {
  const stack = new pulumi.Config("guildnet");
  const secrets: GuildSecrets = Object.fromEntries(systems.secrets.map((name) => [name, stack.getSecret(name)]));
  return { ...secrets, config: parseGuild(readObject(stack), given(secrets), former) };
}

/** `guildnet:guild` as it stands; text that is no object is left to the schema to complain about. */
function readObject(stack: pulumi.Config): unknown {
  const text = stack.get("guild");
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
