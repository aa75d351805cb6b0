import { WORKSPACE_ID } from "../../pod/names.ts";

/** What a client asks for, and what a token says is granted: `repository:ada/app:pull,push`. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A repository's name as the registry takes it, after the distribution specification. */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const OWN_ACTIONS = new Set(["pull", "push", "delete"]);

/**
 * The scopes of a request. One parameter may hold several, with spaces between them.
 * @returns undefined where one is not a scope at all
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 */
export function parseScopes(parameters: readonly string[]): Access[] | undefined {
  const parsed = parameters
    .flatMap((parameter) => parameter.split(" "))
    .filter(Boolean)
    .map(parseScope);
  return parsed.some((scope) => scope === undefined) ? undefined : (parsed as Access[]);
}

/** The name may hold a colon itself: of a host with a port. */
function parseScope(text: string): Access | undefined {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first < 1 || last <= first + 1) return undefined;
  const actions = text
    .slice(last + 1)
    .split(",")
    .filter(Boolean);
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions };
}

/**
 * What of the wanted is granted: everybody may pull, a workspace may do the rest below its own name alone.
 * What isn't granted is left out, as the specification has it; the registry refuses where it matters.
 * @param workspace who asks; undefined for whoever has no credentials
 */
export function grant(wanted: readonly Access[], workspace: string | undefined): Access[] {
  return wanted
    .map((access) => ({ ...access, actions: access.actions.filter((action) => isAllowed(action, access, workspace)) }))
    .filter(({ actions }) => actions.length > 0);
}

function isAllowed(action: string, { type, name }: Access, workspace: string | undefined): boolean {
  if (type !== "repository" || !REPOSITORY.test(name)) return false;
  if (action === "pull") return true;
  return (
    OWN_ACTIONS.has(action) &&
    workspace !== undefined &&
    WORKSPACE_ID.test(workspace) &&
    name.startsWith(`${workspace}/`)
  );
}

/** Whether anything is to be changed. */
export function changes(access: readonly Access[]): boolean {
  return access.some(({ actions }) => actions.some((action) => action !== "pull"));
}
