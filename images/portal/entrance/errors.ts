/** The body of every error the portal itself answers with. `code` is stable; `message` is for people. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly request_id: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A refusal a person or a program can act on. */
export class PortalError extends Error {
  override readonly name = "PortalError";
  readonly statusCode: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    options?: ErrorOptions & { details?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options);
    this.statusCode = statusCode;
    this.code = code;
    this.details = options?.details;
  }
}

export function errorBody(error: PortalError, requestId: string): ErrorBody {
  return {
    code: error.code,
    message: error.message,
    request_id: requestId,
    ...(error.details && { details: error.details }),
  };
}

/** Turns whatever was thrown into an answer. An unforeseen error tells nothing of its inside; the log has it. */
export function toPortalError(error: unknown): PortalError {
  if (error instanceof PortalError) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 404) return new PortalError(404, "not_found", "There is nothing here.");
  if (statusCode && statusCode >= 400 && statusCode < 500)
    return new PortalError(statusCode, "bad_request", message ?? "The request is malformed.", { cause: error });
  return new PortalError(
    500,
    "internal",
    "Something went wrong in the portal. Its log has the details under this request id.",
    { cause: error },
  );
}
