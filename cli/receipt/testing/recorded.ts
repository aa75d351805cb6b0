import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A step as the engine's event log has it, as far as receipts read it. */
interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: object;
  readonly new?: object;
  readonly detailedDiff?: object;
}

/** What a preview of an edit differs in from one of `guild.json`, where nothing changes. */
interface Recorded {
  /** Whether there was nothing before. */
  readonly cold?: true;
  /** `old` is left out where `guild.json` has it, and `new` where it is as `old`. */
  readonly steps: readonly Step[];
  readonly others: readonly object[];
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "fixtures", `${name}.json`), "utf8")) as T;
}

/** The event log of a preview that was recorded: `guild` is the guild as it is, any other name an edit to its config. */
export function recorded(name: string): object[] {
  const guild = read<readonly Required<Step>[]>("guild"),
    before = new Map(guild.map((step) => [step.urn, step]));
  const { cold, steps, others } = name === "guild" ? { cold: undefined, steps: [], others: [] } : read<Recorded>(name);
  const changed = new Set(steps.map(({ urn }) => urn));
  const all: Step[] = [
    ...(cold === true ? [] : guild.filter(({ urn }) => !changed.has(urn)).map((step) => ({ ...step, new: step.old }))),
    ...steps.map((step) => {
      const old = step.old ?? (cold === true ? undefined : before.get(step.urn)?.old);
      const after = step.op === "delete" ? undefined : (step.new ?? old);
      return { ...step, ...(old && { old }), ...(after && { new: after }) };
    }),
  ];
  return [...all.map((metadata) => ({ resourcePreEvent: { metadata } })), ...others];
}
