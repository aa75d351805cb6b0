/**
 * What is told to who asks, in the form of OpenAI's errors, which clients show.
 * @see https://platform.openai.com/docs/guides/error-codes
 */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly statusCode: number;
  /** For programs. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: Readonly<Record<string, unknown>> };

  constructor(statusCode: number, code: string, message: string, more: More = {}) {
    super(message, { cause: more.cause });
    this.statusCode = statusCode;
    this.code = code;
    this.headers = more.headers ?? {};
    const type = more.type ?? (statusCode < 500 ? "invalid_request_error" : "server_error");
    this.body = { error: { message, type, param: more.param ?? null, code, ...more.members } };
  }
}

interface More {
  /** OpenAI's class of the error. @default by the status */
  readonly type?: string;
  /** Which part of the question is wrong. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the error. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}
