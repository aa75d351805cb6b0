/**
 * Makes fixtures of event logs: `npx tsx cli/receipt/testing/trim.ts <folder>` reads `<folder>/same.jsonl`, of a preview
 * without changes, and `<edit>.jsonl` of others, which `PULUMI_DEBUG_COMMANDS=true npm run pulumi -- preview --event-log
 * <file>` writes for each edit to a stack's config.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

interface Metadata {
  op: string;
  urn: string;
  type: string;
  old?: Raw | null;
  new?: Raw | null;
  detailedDiff?: object | null;
}
interface Raw {
  parent?: string;
  retainOnDelete?: boolean;
  inputs?: object;
}
interface Event {
  resourcePreEvent?: { metadata: Metadata };
  policyEvent?: object;
  diagnosticEvent?: { severity: string };
}

const folder = process.argv[2] ?? ".",
  fixtures = join(import.meta.dirname, "..", "fixtures");

function logged(file: string): Event[] {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Event);
}

/** Without certificates and machines, which are nobody's to keep in a checkout, and without what no receipt reads. */
function trimmed({ parent, retainOnDelete, inputs = {} }: Raw): Raw {
  const text = JSON.stringify(inputs, (key, value: unknown) => {
    if (key === "machine" || key.includes("checkov.io") || key.includes("accepted.guildnet.io")) return undefined;
    return typeof value === "string" && value.startsWith("-----BEGIN") ? "PEM" : value;
  });
  return { parent, ...(retainOnDelete === true && { retainOnDelete }), inputs: JSON.parse(text) as object };
}

function steps(events: readonly Event[]): Metadata[] {
  return events
    .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
    .filter(({ type }) => !type.startsWith("pulumi:"));
}

const guild = steps(logged("same.jsonl")).map(({ op, urn, type, old }) => ({ op, urn, type, old: trimmed(old ?? {}) }));
const before = new Map(guild.map(({ urn, old }) => [urn, old]));
write("guild", guild);
for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl") && name !== "same.jsonl")) {
  const events = logged(file);
  const cold = !steps(events).some(({ old }) => old != null);
  write(basename(file, ".jsonl"), {
    ...(cold && { cold }),
    steps: steps(events)
      .filter(({ op }) => op !== "same")
      .map(({ op, urn, type, old, new: after, detailedDiff }) => {
        const [was, is] = [old, after].map((state) => (state == null ? undefined : trimmed(state)));
        return {
          op,
          urn,
          type,
          ...(was && !isDeepStrictEqual(was, before.get(urn)) && { old: was }),
          ...(is && !isDeepStrictEqual(is, was) && { new: is }),
          ...(detailedDiff && { detailedDiff }),
        };
      }),
    others: events.filter(({ policyEvent, diagnosticEvent }) => policyEvent ?? diagnosticEvent?.severity === "error"),
  });
}

function write(name: string, content: object): void {
  writeFileSync(join(fixtures, `${name}.json`), `${JSON.stringify(content)}\n`);
}
