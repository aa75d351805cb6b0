import { z } from "zod";

/** The guild's own programs that say something. Names of workspaces and apps have a prefix, so that none of them can be one of these. */
export const services = ["up", "portal", "seed", "alerts", "models", "notes"] as const;
export type Service = (typeof services)[number];

/** Who says something: a workspace or an app by its namespace, or one of the guild's own programs. */
export type Source = `ws-${string}` | `app-${string}` | Service;

/** Who may read something: everybody, the admins, or one person by the handle. */
export type Audience = "guild" | "admins" | `@${string}`;

// Names of Kubernetes, of which a dot would be the next word of a subject.
const NAME = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const TYPE = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

export const audienceSchema = z
  .string()
  .regex(new RegExp(`^(guild|admins|@${NAME})$`), '"guild", "admins", or a person as "@ada"')
  .transform((audience) => audience as Audience);

const SOURCE = new RegExp(`^((ws|app)-${NAME}|${services.join("|")})$`);

/** The source that a workspace is. */
export const workspaceSource = (id: string): Source => `ws-${id}`;
/** The source that an app is. */
export const appSource = (name: string): Source => `app-${name}`;
/** The audience that one person is. */
export const personal = (handle: string): Audience => `@${handle}`;

/** Where an event is on the bus, and what of it the bus itself vouches for. */
export interface Address {
  audience: Audience;
  source: Source;
  /** For instance "git.push". */
  type: string;
}

/**
 * What a program publishes to. It has no way to name itself: the server makes `subjectOf` of it, by the account that the
 * program signed in to, so that nobody speaks as somebody else.
 */
export function saidSubject(audience: Audience, type: string): string {
  return `say.${audience}.${type}`;
}

/** Where it is then read. */
export function subjectOf({ audience, source, type }: Address): string {
  return `events.${audience}.${source}.${type}`;
}

/** All that one may read who is of an audience. */
export function subjectsOf(audience: Audience): string {
  return `events.${audience}.>`;
}

/** Under which it is passed on once it is kept; who listens has it as `subjectsOf` again. */
export function heardOf(audience: Audience): string {
  return `heard.${audience}.>`;
}

/** Under which streams are asked, instead of under `$JS.API`: there the server answers itself that an account has no streams of its own. */
export const API_PREFIX = "api";

/** The stream that keeps what an audience may read: one each, since who may read of a stream at all may read all of it. */
export function streamOf(audience: Audience): string {
  return `events-${audience}`;
}

/** @returns undefined where it is no event's */
export function addressOf(subject: string): Address | undefined {
  const [root, audience = "", source = "", ...type] = subject.split(".");
  const parsed = audienceSchema.safeParse(audience);
  if (root !== "events" || !parsed.success || !SOURCE.test(source) || !TYPE.test(type.join("."))) return undefined;
  return { audience: parsed.data, source: source as Source, type: type.join(".") };
}
