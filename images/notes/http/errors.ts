import { NotePathError } from "../vault/note-path.ts";
import { VaultError } from "../vault/vault.ts";

/** A refusal a person or a program can act on. `code` is stable; `message` is for people. */
export class NotesError extends Error {
  override readonly name = "NotesError";
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
  }
}

const STATUS = { missing: 404, exists: 409, unreadable: 415 } as const satisfies Record<VaultError["code"], number>;

/** Turns whatever was thrown into an answer. An unforeseen error tells nothing of its inside; the log has it. */
export function toNotesError(error: unknown): NotesError {
  if (error instanceof NotesError) return error;
  if (error instanceof VaultError)
    return new NotesError(STATUS[error.code], error.code, error.message, { cause: error });
  if (error instanceof NotePathError) return new NotesError(400, "bad_path", error.message, { cause: error });
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new NotesError(statusCode, "bad_request", message ?? "The request is malformed.", { cause: error });
  }
  return new NotesError(500, "internal", "Something went wrong. The server's log has the details.", { cause: error });
}
