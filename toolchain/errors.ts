/** A failure a person can act on: printed as its message, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Stable, for programs and tests: `go-missing`, `passphrase-lost` … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The other packages' classes for the same thing; they import nothing of the toolchain, so they are told by name. */
const ACTIONABLE = new Set(["UserError", "ImageError", "ActionableError", "ConfigError"]);

/** Whether `error` speaks to a person, so that a stack would only hide what it says. */
export function isActionable(error: unknown): error is Error {
  return error instanceof Error && ACTIONABLE.has(error.name);
}
