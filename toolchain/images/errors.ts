/** A failure a person can act on: printed as its message, without a stack. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: "image-builder-missing" | "image-unknown" | "image-build-failed" | "image-context-missing";

  constructor(code: ImageError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
