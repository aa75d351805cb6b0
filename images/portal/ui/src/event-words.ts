import type { EventData, EventType, SeenEvent, Source } from "../../api/types.ts";

type Family = EventType extends infer Type ? (Type extends `${infer First}.${string}` ? First : never) : never;

/** What kinds of events there are, by the first word of their types. */
export const FAMILIES: Readonly<Record<Family, string>> = {
  agent: "Agents",
  alert: "Alerts",
  backup: "Backups",
  git: "Git",
  models: "Models",
  note: "Notes",
  stack: "The stack",
  workspace: "Workspaces",
};

/** One line for a person. Who says it stands beside it: names in here are what they say of themselves. */
const words: { readonly [Type in EventType]: (data: EventData<Type>) => string } = {
  "git.push": ({ by, commit, ref, repository }) => `${by} pushed ${short(commit)} to ${ref} of ${repository.name}`,
  "git.patch.opened": ({ by, title, repository }) => `${by} opened the patch “${title}” in ${repository.name}`,
  "git.patch.updated": ({ by, patch, repository }) => `${by} updated patch ${short(patch)} in ${repository.name}`,
  "git.patch.reviewed": ({ by, patch, repository, verdict, summary }) =>
    `${by} ${verdict === undefined ? "reviewed" : VERDICTS[verdict]} patch ${short(patch)} in ${repository.name}${after(summary)}`,
  "git.patch.merged": ({ by, patch, repository }) => `${by} merged patch ${short(patch)} into ${repository.name}`,
  "git.patch.commented": ({ by, patch, repository, text, path, line }) =>
    `${by} commented on ${path === undefined ? "" : `${path}${line === undefined ? "" : `:${line}`} of `}patch ${short(patch)} in ${repository.name}${after(text)}`,
  "git.patch.changed": ({ by, patch, repository, change, state }) =>
    `${by} changed ${change} of patch ${short(patch)} in ${repository.name}${change === "state" ? `: it is ${state}` : ""}`,
  "workspace.created": ({ workspace, owner }) => `Workspace ${workspace} was made for ${owner}`,
  "workspace.started": ({ workspace }) => `Workspace ${workspace} started`,
  "workspace.stopped": ({ workspace }) => `Workspace ${workspace} stopped`,
  "workspace.failed": ({ workspace, reason }) => `Workspace ${workspace} failed${after(reason)}`,
  "stack.previewed": ({ stack, changes, seconds }) =>
    `Stack ${stack} was previewed in ${duration(seconds)}${after(counted(changes))}`,
  "stack.applied": ({ stack, changes, seconds }) =>
    `Stack ${stack} was applied in ${duration(seconds)}${after(counted(changes))}`,
  "stack.failed": ({ stack, reason, seconds }) => `Stack ${stack} failed after ${duration(seconds)}${after(reason)}`,
  "backup.done": ({ volume, seconds }) =>
    `${volume} was backed up${seconds === undefined ? "" : ` in ${duration(seconds)}`}`,
  "backup.failed": ({ volume, reason }) => `${volume} could not be backed up${after(reason)}`,
  "alert.fired": ({ severity, about, summary }) =>
    `${severity === "critical" ? "Alarm" : "Warning"}, ${about}: ${summary}`,
  "alert.resolved": ({ about, summary }) => `Resolved, ${about}: ${summary}`,
  "agent.started": ({ agent, about }) => `${agent} started${after(about)}`,
  "agent.said": ({ agent, text }) => `${agent}: ${text}`,
  "agent.finished": ({ agent, summary }) => `${agent} finished${after(summary)}`,
  "agent.failed": ({ agent, reason }) => `${agent} failed${after(reason)}`,
  "models.used": ({ workspace, model, inputTokens, outputTokens }) =>
    `Workspace ${workspace} used ${model}: ${inputTokens} tokens in, ${outputTokens} out`,
  "note.changed": ({ vault, path, by, change }) => `${by} ${change} the note ${path} in ${vault}`,
};
const VERDICTS = { accept: "accepted", reject: "rejected" };

/** How much of a text stands in a line. */
const LONGEST_LINE = 300;

/** An event in words. Of an unknown kind, its type and what it carries. */
export function wordsOf(event: SeenEvent): string {
  const line = event.known
    ? // Of one type, which the compiler can't follow through the table.
      (words[event.type] as (data: unknown) => string)(event.data)
    : `${event.type}${event.data === null ? "" : ` ${JSON.stringify(event.data)}`}`;
  const single = line.replaceAll(/\s+/g, " ");
  return single.length > LONGEST_LINE ? `${single.slice(0, LONGEST_LINE)}…` : single;
}

const SERVICES: Readonly<Record<Exclude<Source, `ws-${string}` | `app-${string}`>, string>> = {
  up: "npm run up",
  portal: "portal",
  seed: "git seed",
  alerts: "alerts",
  models: "models",
  notes: "notes",
};

/** Who says it, which the bus vouches for. */
export function sourceWords(source: Source): string {
  if (source.startsWith("ws-")) return `workspace ${source.slice("ws-".length)}`;
  if (source.startsWith("app-")) return `app ${source.slice("app-".length)}`;
  return SERVICES[source as keyof typeof SERVICES];
}

/** As the classes that colour states: what is bad, what may become so, what ended well, and all else. */
export function toneOf({ type, known, data }: SeenEvent): "failed" | "starting" | "running" | "stopped" {
  if (type.endsWith(".failed")) return "failed";
  if (type === "alert.fired")
    return known && (data as EventData<"alert.fired">).severity === "warning" ? "starting" : "failed";
  return GOOD.has(type) ? "running" : "stopped";
}
const GOOD: ReadonlySet<string> = new Set<EventType>([
  "workspace.started",
  "stack.applied",
  "backup.done",
  "alert.resolved",
  "agent.finished",
  "git.patch.merged",
]);

function short(id: string): string {
  return id.slice(0, 7);
}

function after(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `: ${text}`;
}

function counted(changes: Readonly<Record<string, number>>): string {
  const counts = Object.entries(changes).filter(([what, count]) => what !== "same" && count > 0);
  return counts.length === 0 ? "nothing changes" : counts.map(([what, count]) => `${count} ${what}`).join(", ");
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 100 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
