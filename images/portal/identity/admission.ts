import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { APP_PORT, IDE_PORT, WORKSPACE_ID } from "../../pod/names.ts";
import { APP_COOKIE, HANDOFF_COOKIE, readCookie } from "../entrance/cookies.ts";
import { isOpenToAll, type Publication } from "../guild/publications.ts";
import { mayOpen, type Workspace, type WorkspaceDirectory } from "../guild/workspaces.ts";
import type { AppSession, Sessions } from "./sessions.ts";

/** What a host name below the apps domain stands for. */
export interface App {
  readonly workspace: Workspace;
  /** A port name of the workspace's Service. */
  readonly port: string;
}

/** A request that may go to the workspace. */
export interface Admitted extends App {
  /** Undefined at a public app for whoever is not signed in on its host. */
  readonly session?: AppSession;
  /** What makes it open to whoever comes under this host name, wherever they come from. */
  readonly publication?: Publication;
}

/**
 * `<id>` is a workspace's IDE, or the app; `<port>--<id>` is another named port of it. The port goes first, or whoever
 * calls a workspace `web--ada` would have what ada's visitors send to hers.
 */
export function findApp(directory: WorkspaceDirectory, label: string): App | undefined {
  const [, port, id] = /^(.+?)--(.+)$/.exec(label) ?? [];
  const workspace = id !== undefined && WORKSPACE_ID.test(id) ? directory.get(id) : undefined;
  if (workspace && port !== undefined) return { workspace, port };
  const whole = WORKSPACE_ID.test(label) ? directory.get(label) : undefined;
  return whole && { workspace: whole, port: whole.visibility === undefined ? IDE_PORT : APP_PORT };
}

/** Who is signed in, and what there is to open. */
export interface AdmissionParts {
  readonly sessions: Sessions;
  readonly directory: WorkspaceDirectory;
}

/** @returns undefined for whoever is not signed in on this host as someone who may open it; which of it, a stranger is not told */
export async function admit(
  headers: IncomingHttpHeaders,
  label: string,
  { sessions, directory }: AdmissionParts,
): Promise<Admitted | undefined> {
  const session = await sessions.appSession(readCookie(headers.cookie, APP_COOKIE), label);
  const app = findApp(directory, label);
  return app && mayOpen(app.workspace, session?.sub) ? { ...app, session } : undefined;
}

/** @returns undefined where it is gone, or is not to be open to all by now. An IDE never is: who has that has all the rest. */
export function admitPublished(publication: Publication, directory: WorkspaceDirectory): Admitted | undefined {
  const app = findApp(directory, publication.label);
  const isIde = app?.workspace.visibility === undefined && app?.port === IDE_PORT;
  return app && !isIde && isOpenToAll(app.workspace, publication) ? { ...app, publication } : undefined;
}

/** The nonce that ties a sign-in round to this browser. Kept while it lasts, so that two tabs can open at once. */
export function handoffNonce(headers: IncomingHttpHeaders): { nonce: string; isNew: boolean } {
  const kept = readCookie(headers.cookie, HANDOFF_COOKIE);
  return kept && /^[0-9a-f-]{36}$/.test(kept) ? { nonce: kept, isNew: false } : { nonce: randomUUID(), isNew: true };
}
