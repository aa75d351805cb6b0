import type {
  ErrorBody,
  Hit,
  Me,
  NoteAnswer,
  NoteGraph,
  NoteSummary,
  RenameAnswer,
  RoomAnswer,
  TagCount,
} from "../../http/types.ts";

/** An error the server answered with, or that no answer came. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const notePath = (vault: string, path: string): string =>
  `/api/vaults/${vault}/notes/${path.split("/").map(encodeURIComponent).join("/")}`;

export const fetchMe = (): Promise<Me> => call("GET", "/api/me");
export const fetchNotes = (vault: string): Promise<NoteSummary[]> => call("GET", `/api/vaults/${vault}/notes`);
export const fetchTags = (vault: string): Promise<TagCount[]> => call("GET", `/api/vaults/${vault}/tags`);
export const fetchGraph = (vault: string): Promise<NoteGraph> => call("GET", `/api/vaults/${vault}/graph`);
export const fetchNote = (vault: string, path: string): Promise<NoteAnswer> => call("GET", notePath(vault, path));
export const search = (vault: string, q: string): Promise<Hit[]> =>
  call("GET", `/api/vaults/${vault}/search?${new URLSearchParams({ q })}`);
export const createNote = (vault: string, path: string, text: string): Promise<NoteAnswer> =>
  call("POST", `/api/vaults/${vault}/notes`, { path, text });
export const renameNote = (vault: string, from: string, to: string): Promise<RenameAnswer> =>
  call("POST", `/api/vaults/${vault}/renames`, { from, to });
export const removeNote = (vault: string, path: string): Promise<void> => call("DELETE", notePath(vault, path));
export const openRoom = (vault: string, path: string): Promise<RoomAnswer> =>
  call("POST", `/api/vaults/${vault}/rooms`, { path });

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  }).catch(() => undefined);
  if (answer === undefined) throw new ApiError("unreachable", "The notes do not answer.");
  if (answer.status === 204) return undefined as T;
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return content as T;
  const { code = "internal", message = `The notes answered ${answer.status}.` } = (content ?? {}) as Partial<ErrorBody>;
  throw new ApiError(code, message);
}
