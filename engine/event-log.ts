import { existsSync, readFileSync } from "node:fs";

/** By this the engine (3.230.0) has the flags that it keeps for programs, `--event-log` among them. */
export const FOR_PROGRAMS = { PULUMI_DEBUG_COMMANDS: "true" };

/**
 * How many resources there are of each kind of step, as the engine's event log sums it up: a line of JSON for each event.
 * @throws Error where it did not come to its sum, which it does wherever the engine ended well
 * @see https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/apitype/events.go
 */
export function changesLogged(file: string): Readonly<Record<string, number>> {
  const summary = readFileSync(file, "utf8")
    .split("\n")
    .findLast((line) => line.includes('"summaryEvent"'));
  if (summary === undefined) throw new Error("the engine's event log has no sum at its end");
  return (JSON.parse(summary) as { summaryEvent: { resourceChanges: Record<string, number> } }).summaryEvent
    .resourceChanges;
}

/** Every event that the engine wrote down, as it did: a run that failed may have ended in the middle of a line. */
export function eventsLogged(file: string): unknown[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as unknown);
}
