/**
 * The engine whose journal `Replay` follows: what it tells of each step was held against the state that it writes by
 * itself (`journal.integration.test.ts`). A newer one may tell more, and what is not understood would be missing from the state.
 */
export const TESTED_ENGINE = "3.230.0";

/**
 * Whether steps are written down in a journal of ours, or by the engine, which writes the whole state at each.
 * `GUILDNET_JOURNAL=off` switches it off, as does the engine's own variable.
 * @param engineVersion undefined where it is not known
 */
export function keepsJournal(
  engineVersion: string | undefined,
  { GUILDNET_JOURNAL, PULUMI_DISABLE_JOURNALING = "" }: NodeJS.ProcessEnv,
): boolean {
  return (
    engineVersion === TESTED_ENGINE && GUILDNET_JOURNAL !== "off" && !["1", "true"].includes(PULUMI_DISABLE_JOURNALING)
  );
}
