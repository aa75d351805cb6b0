import { ConfigError, foundAt, keyOf } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";
import { brokenRules } from "./rules.ts";
import type { Siblings } from "./rules.ts";
import type { GuildConfig } from "./schema.ts";
import { parseShape } from "./shape.ts";

/**
 * Checks the value of `guildnet:guild` and fills in its defaults.
 * @throws ConfigError with every mistake at once
 */
export function parseGuild(raw: unknown, siblings: Siblings): GuildConfig {
  const { config, mistakes, omitted } = parseShape(raw);
  const between = config === undefined ? [] : brokenRules(config, siblings).flatMap(({ paths, allowed, fix }): Mistake[] => {
    const inFile = paths.map((path) => omitted.inFile(path));
    const [key] = inFile;
    // What was filled in for something wrong says nothing about the file.
    if (key === undefined || inFile.some((path) => omitted.touches(path))) return [];
    return [{ key: keyOf(key), found: foundAt(raw, key), allowed, fix }];
  });
  const all = [...mistakes, ...between];
  if (config === undefined || all.length > 0) throw new ConfigError(all);
  return config;
}
