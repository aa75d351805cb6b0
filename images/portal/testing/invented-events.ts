import {
  eventKinds,
  type Audience,
  type EventData,
  type EventType,
  type GuildEvent,
  type Source,
} from "../../../events/index.ts";

const repository = { id: "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5", name: "greenhouse" };
const commit = "9f2c41d0aa17be34c0ffee0123456789abcdef01";
const patch = { repository, patch: "4c1f0de2aa17be34", revision: "4c1f0de2aa17be34", by: "grace" };
const workspace = { workspace: "ada", owner: "ada" };
const alert = {
  alert: "DiskFilling",
  severity: "warning" as const,
  about: "guildnet-registry/data",
  summary: "it is full on Thursday",
  since: "2026-11-29T01:00:00Z",
};

/** One of each kind, as each could be. */
export const examples: { readonly [Type in EventType]: readonly [Source, EventData<Type>] } = {
  "stack.previewed": ["up", { stack: "dev", changes: { create: 3, update: 1, same: 412 }, seconds: 4.2 }],
  "stack.applied": ["up", { stack: "dev", changes: { create: 3, update: 1, same: 412 }, seconds: 131 }],
  "stack.failed": ["up", { stack: "dev", reason: "the volume of ada’s home can’t be made smaller", seconds: 12 }],
  "workspace.created": ["portal", workspace],
  "workspace.started": ["portal", workspace],
  "workspace.stopped": ["portal", workspace],
  "workspace.failed": ["portal", { ...workspace, reason: "It ran out of memory." }],
  "git.push": ["seed", { repository, ref: "refs/heads/main", commit, by: "ada" }],
  "git.patch.opened": ["seed", { ...patch, title: "Water the tomatoes before noon" }],
  "git.patch.updated": ["seed", patch],
  "git.patch.reviewed": ["seed", { ...patch, by: "ada", verdict: "accept", summary: "Reads well." }],
  "git.patch.merged": ["seed", { ...patch, by: "ada", commit }],
  "git.patch.commented": [
    "seed",
    { ...patch, by: "ada", comment: commit, text: "Why seven?", path: "beds.txt", line: 7 },
  ],
  "git.patch.changed": ["seed", { ...patch, change: "state", state: "archived" }],
  "backup.done": ["alerts", { volume: "guildnet-registry", snapshot: "41d0aa17", seconds: 38 }],
  "backup.failed": ["alerts", { volume: "ws-ada", reason: "the repository does not answer" }],
  "alert.fired": ["alerts", alert],
  "alert.resolved": ["alerts", alert],
  "agent.started": ["ws-ada", { agent: "codex", about: "make the tests pass" }],
  "agent.said": ["ws-ada", { agent: "codex", text: "Two of them fail for one reason: the pump has no clock." }],
  "agent.finished": ["ws-ada", { agent: "codex", summary: "all 212 pass" }],
  "agent.failed": ["ws-grace", { agent: "codex", reason: "the model does not answer" }],
  "models.used": ["models", { workspace: "ada", model: "smollm2:135m", inputTokens: 812, outputTokens: 77 }],
  "note.changed": ["notes", { vault: "guild", path: "garden/tomatoes.md", by: "grace", change: "changed" }],
};

/** The same as events, and one that is newer than this portal. @param end when the last of them was said */
export function inventedEvents(end = Date.now()): GuildEvent[] {
  const all = Object.entries(examples) as [EventType, readonly [Source, object]][];
  const said = all.map(([type, [source, data]], index) => ({
    specversion: "1.0",
    audience: audienceOf(type),
    source,
    type,
    id: `invented-${index}`,
    time: new Date(end - (all.length - index) * 47_000).toISOString(),
    version: eventKinds[type].version,
    known: true,
    data,
  })) as GuildEvent[];
  const newer: GuildEvent = {
    specversion: "1.0",
    audience: "guild",
    source: "app-wiki",
    type: "wiki.page.moved",
    id: "invented-newer",
    time: new Date(end).toISOString(),
    version: 1,
    known: false,
    why: 'no type "wiki.page.moved" is known here',
    data: { from: "start", to: "home" },
  };
  return [...said, newer];
}

function audienceOf(type: EventType): Audience {
  if (type === "backup.done" || type === "stack.failed") return "admins";
  return type === "backup.failed" || type === "models.used" ? "@ada" : "guild";
}
