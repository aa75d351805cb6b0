import type { ErrorBody, LinkInfo, Me, SystemList } from "../../api/types.ts";

/** An error the portal answered with, or that no answer came. */
export class ApiError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** @throws {ApiError} with code `signed_out` and `SignInHelp` where nobody is signed in */
export const fetchMe = (): Promise<Me> => call("GET", "/api/me");

/** Uses nothing up. @throws {ApiError} `link_*` or `not_a_member`, with `LinkErrorDetails` */
export const checkLink = (token: string): Promise<LinkInfo> => call("POST", "/api/link", { token });

/** @throws {ApiError} as `checkLink`, or `signed_in_as_another` unless `switchPerson` */
export const signIn = (token: string, switchPerson: boolean): Promise<{ handle: string }> =>
  call("POST", "/api/sign-in", { token, switch: switchPerson });

export const signOut = (): Promise<void> => call("POST", "/api/sign-out", {});

/** @throws {ApiError} `admins_only` */
export const fetchSystems = (): Promise<SystemList> => call("GET", "/api/systems");

async function call<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
  const headers = body && { "content-type": "application/json", "x-guildnet-request": "1" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new ApiError("offline", "The portal does not answer. Is it running?");
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer as T;
  const {
    code = "unexpected",
    message = `The portal answered ${response.status}.`,
    details,
  } = answer as Partial<ErrorBody>;
  throw new ApiError(code, message, details);
}
