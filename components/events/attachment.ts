import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import type { Transforms } from "../kube/transform.ts";
import { CREDENTIALS_LINE, EVENTS_FOLDER } from "./join.ts";

/** Has a workspace's credentials for the bus, as base64, for what can't read a file: Codex, which brings them to the guild's tools. */
export const EVENTS_CREDENTIALS_VARIABLE = "GUILDNET_EVENTS_CREDENTIALS";

/** What `transform` changes in each workspace. */
export interface EventsAttachmentChildren {
  "events-access": k8s.core.v1.SecretArgs;
}

/**
 * Lets a workspace say and read events, with programs of one's own and with `nats`, which needs no set-up. The workspace
 * doesn't wait for the bus.
 * @param admins handles of the people whose workspaces read what is for admins
 * @param keyGeneration the bus's: of a variable programs are told at their start alone, so that with another one the workspace is another, too
 */
export function eventsAttachment(
  bus: EventBusAccess,
  {
    admins,
    keyGeneration = 1,
    transform,
  }: { admins: readonly string[]; keyGeneration?: number; transform?: Transforms<EventsAttachmentChildren> },
): WorkspaceAttachment {
  return {
    name: "events",
    transform,
    attach: (workspace, owner) => {
      const user = pulumi.output(owner).apply((handle) => ({
        kind: "workspace" as const,
        id: workspace.name,
        owner: handle,
        admin: admins.includes(handle),
      }));
      const { secret, reach } = bus.join(workspace, user);
      return {
        environment: { GUILDNET_EVENTS: EVENTS_FOLDER, GUILDNET_EVENTS_GENERATION: String(keyGeneration) },
        secretDefaults: { [EVENTS_CREDENTIALS_VARIABLE]: { secret, key: CREDENTIALS_LINE } },
        defaults: { NATS_URL: bus.url, NATS_CONTEXT: `${EVENTS_FOLDER}/context.json` },
        files: [{ name: "events-access", folder: EVENTS_FOLDER, from: { secret } }],
        reach: { "to-events": reach },
      };
    },
  };
}
