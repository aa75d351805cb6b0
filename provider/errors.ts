/** A mistake or a lack that a person can mend; printed without a stack. */
export class ActionableError extends Error {
  override readonly name = "ActionableError";
  /** Stable, for programs. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was asked does not answer, so that nothing is known of what it holds. */
export class Unreachable extends ActionableError {}
