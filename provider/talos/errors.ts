import { status, type ServiceError } from "@grpc/grpc-js";
import { ActionableError, Unreachable } from "../errors.ts";

/** What a failed call is told as. The first are worth another try later: nothing is known of the machine. */
const CODES: Partial<Record<status, string>> = {
  [status.UNAVAILABLE]: "talos-unreachable",
  [status.DEADLINE_EXCEEDED]: "talos-timeout",
  [status.UNAUTHENTICATED]: "talos-unauthenticated",
  [status.PERMISSION_DENIED]: "talos-forbidden",
  [status.INVALID_ARGUMENT]: "talos-invalid",
  [status.ALREADY_EXISTS]: "talos-exists",
  [status.FAILED_PRECONDITION]: "talos-refused",
  [status.UNIMPLEMENTED]: "talos-unsupported",
};

const UNREACHABLE: readonly status[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED];

/** What to do about it, where it is not in Talos' own words. */
const HINTS: Partial<Record<status, string>> = {
  [status.UNAUTHENTICATED]: "its credentials are of another cluster, or have expired",
  [status.PERMISSION_DENIED]: "the role of the credentials does not allow it",
  [status.UNIMPLEMENTED]:
    "its version, or the state it is in, does not know that call: a machine without a config knows few",
};

/** @param call by Talos' name, for a person. */
export function explained(error: unknown, address: string, call: string): Error {
  if (!isServiceError(error)) return error instanceof Error ? error : new Error(String(error));
  const { code, details } = error;
  const hint = HINTS[code];
  const text = `Talos at ${address} failed ${call}: ${details}${hint === undefined ? "" : ` (${hint})`}`;
  if (isForeignCertificate(error))
    return new ActionableError(
      "talos-untrusted",
      `${text}. The certificate is none of this cluster's: the machine belongs to another one, or is new and waits for its config.`,
    );
  const kind = CODES[code] ?? "talos-failed";
  return UNREACHABLE.includes(code) ? new Unreachable(kind, text) : new ActionableError(kind, text);
}

/** What passes on another machine's answer says of its failure in the answer. */
export function failedWithin(address: string, call: string, text: string): ActionableError {
  return new ActionableError("talos-failed", `Talos at ${address} failed ${call}: ${text}`);
}

/** OpenSSL's words of a chain that ends nowhere: that passes by no waiting. */
function isForeignCertificate({ details }: ServiceError): boolean {
  return /self-signed certificate|unable to verify|unable to get (local )?issuer|certificate signature failure|certificate has expired/i.test(
    details,
  );
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}
