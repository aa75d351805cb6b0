import * as pulumi from "@pulumi/pulumi";

/**
 * A mistake in somebody's arguments or config, told so that they can mend it: what was
 * found, what is allowed, what to do. The engine prints a `RunError` without a stack.
 */
export class GuildError extends pulumi.RunError {
  /** Stable, for programs. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "GuildError";
    this.code = code;
    // Nobody is shown where it was thrown, and Node would take seconds to look that up in the source maps.
    this.stack = `${this.name}: ${message}`;
  }
}
