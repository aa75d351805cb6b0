import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Admitted } from "../identity/admission.ts";

/** One admitted request on its way through. */
export interface ProxiedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
  readonly requestId: string;
  /** Sent with the workspace's answer. */
  readonly extraCookie?: string;
  /** A page's origin at another port of the same workspace. */
  readonly readableBy?: string;
  readonly log: FastifyBaseLogger;
}
