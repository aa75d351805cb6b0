import { z } from "zod";
import type { LiveObject } from "../cluster/objects.ts";
import { nameOf, type DeclaredObject } from "./declared-objects.ts";

/** An object that is there, and by its own word does not do yet what it is for. */
export interface Unready {
  /** For instance "Certificate guildnet-registry/server-tls". */
  readonly what: string;
  /** In its controller's words: "Pending: waiting for an order". */
  readonly why: string;
}

/** What has no pods by whose state it would be missed says so by one of these: certificates and issuers are ready, queues active. */
const CONDITIONS = new Set(["Ready", "Active"]);

const conditioned = z.object({
  status: z.object({
    conditions: z.array(
      z.object({
        type: z.string(),
        status: z.string(),
        reason: z.string().default(""),
        message: z.string().default(""),
      }),
    ),
  }),
});

/** Undefined of an object that is ready, that has no such condition, and that is not there. */
export function unreadyOf(declared: DeclaredObject, live: LiveObject | undefined): Unready | undefined {
  const found = conditioned
    .safeParse(live)
    .data?.status.conditions.find(({ type, status }) => CONDITIONS.has(type) && status !== "True");
  if (found === undefined) return undefined;
  const { type, reason, message } = found;
  return {
    what: nameOf(declared),
    why: [reason, message].filter((words) => words !== "").join(": ") || `not ${type.toLowerCase()}`,
  };
}
