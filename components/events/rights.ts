import {
  API_PREFIX,
  appSource,
  heardOf,
  personal,
  streamOf,
  subjectOf,
  subjectsOf,
  workspaceSource,
} from "../../events/index.ts";
import type { Audience, EventType, Service, Source } from "../../events/index.ts";
import type { EventImport } from "../../provider/sdk/index.ts";
import type { EventUser } from "../kube/event-access.ts";

/** First word of types: whoever may say one of a family may say all of it, those to come included. */
type Family = EventType extends infer Type ? (Type extends `${infer First}.${string}` ? First : never) : never;

/** What somebody may do on the bus, and nothing else. */
export interface Rights {
  readonly source: Source;
  /** What it may say, and for whom; always as itself. */
  readonly says: readonly { readonly family: Family; readonly to: readonly Audience[] }[];
  /** Whose events it may read, those from before it was there included. */
  readonly reads: readonly Audience[];
}

/** The guild's own programs: everybody means each person for himself. */
const table: Readonly<Record<Service, { says: Partial<Record<Family, Group[]>>; reads: Group[] }>> = {
  up: { says: { stack: ["guild", "admins"] }, reads: [] },
  portal: { says: { workspace: ["guild", "admins", "everybody"] }, reads: ["guild", "admins", "everybody"] },
  seed: { says: { git: ["guild"] }, reads: [] },
  alerts: { says: { alert: ["guild", "admins"], backup: ["admins"] }, reads: [] },
  models: { says: { models: ["admins", "everybody"] }, reads: [] },
  notes: { says: { note: ["guild", "everybody"] }, reads: [] },
};
type Group = "guild" | "admins" | "everybody";

/** Who may what. @param people handles of everybody */
export function rightsOf(user: EventUser, people: readonly string[]): Rights {
  if (user.kind === "service") {
    const { says, reads } = table[user.service];
    const audiences = (groups: readonly Group[]): Audience[] =>
      groups.flatMap((group) => (group === "everybody" ? people.map(personal) : [group]));
    const families = Object.entries(says) as [Family, Group[]][];
    return {
      source: user.service,
      says: families.map(([family, groups]) => ({ family, to: audiences(groups) })),
      reads: audiences(reads),
    };
  }
  const own = personal(user.owner);
  if (user.kind === "app")
    return { source: appSource(user.name), says: [{ family: "agent", to: ["guild", own] }], reads: ["guild"] };
  return {
    source: workspaceSource(user.id),
    says: [
      { family: "agent", to: ["guild", own] },
      { family: "note", to: ["guild", own] },
    ],
    reads: ["guild", own, ...(user.admin ? (["admins"] as const) : [])],
  };
}

/**
 * The same as an account's imports, which are the whole law: an account has no stream of its own and reaches nothing but
 * these. Users' permissions would not do within one account: whoever asks names the subject of the answer, and the server
 * publishes that with rights of its own, so that an answer made of one's own words speaks as somebody else, or deletes a stream.
 */
export function importsOf({ source, says, reads }: Rights): EventImport[] {
  return [
    ...says.flatMap(({ family, to }) =>
      to.map((audience) => ({
        type: "service" as const,
        subject: subjectOf({ audience, source, type: `${family}.>` }),
        local: `say.${audience}.${family}.>`,
      })),
    ),
    ...(reads.length === 0 ? [] : [{ type: "service" as const, subject: "$JS.API.INFO", local: `${API_PREFIX}.INFO` }]),
    ...reads.flatMap((audience) => [
      { type: "stream" as const, subject: heardOf(audience), local: subjectsOf(audience) },
      ...["DIRECT.GET", "STREAM.INFO"].map((question) => ({
        type: "service" as const,
        subject: `$JS.API.${question}.${streamOf(audience)}`,
        local: `${API_PREFIX}.${question}.${streamOf(audience)}`,
      })),
    ]),
  ];
}

/** Everybody whom events may be for. */
export function audiencesOf(people: readonly string[]): Audience[] {
  return ["guild", "admins", ...people.map(personal)];
}
