import type { GuildConfig } from "../schema.ts";
import { NEW } from "../survey/former.ts";
import type { Former } from "../survey/former.ts";
import { systems } from "../systems.ts";
import { asBefore } from "../systems/portal/former.ts";
import type { Given } from "./broken.ts";
import { ConfigError, foundAt, keyOf } from "./mistakes.ts";
import type { Mistake } from "./mistakes.ts";
import { parseShape } from "./shape.ts";

/** Which secrets a stack has beside its config. */
export type GivenSecrets = Given<(typeof systems.secrets)[number]>;

/**
 * Checks the value of `guildnet:guild` and fills in its defaults.
 * @param former what of the stack stays as it was
 * @throws ConfigError with every mistake at once
 */
export function parseGuild(raw: unknown, secrets: GivenSecrets, former: Former = NEW): GuildConfig {
  const { config: shaped, mistakes, omitted } = parseShape(raw);
  const config = shaped && asBefore(shaped, former);
  const between =
    config === undefined
      ? []
      : systems.rules(config, secrets).flatMap(({ paths, allowed, fix }): Mistake[] => {
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
