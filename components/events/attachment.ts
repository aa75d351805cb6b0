import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { WorkspaceAttachment } from "../kube/attachment.ts";
import type { EventBusAccess } from "../kube/event-access.ts";
import type { Transforms } from "../kube/transform.ts";
import { eventsUrl } from "./identity.ts";
import { EVENTS_FOLDER } from "./join.ts";

/** What `transform` changes in each workspace. */
export interface EventsAttachmentChildren {
  "events-access": k8s.core.v1.SecretArgs;
}

/**
 * Lets a workspace say and read events, with programs of one's own and with `nats`, which needs no set-up. The workspace
 * doesn't wait for the bus.
 * @param admins handles of the people whose workspaces read what is for admins
 */
export function eventsAttachment(
  bus: EventBusAccess,
  { admins, transform }: { admins: readonly string[]; transform?: Transforms<EventsAttachmentChildren> },
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
        environment: { GUILDNET_EVENTS: EVENTS_FOLDER },
        defaults: { NATS_URL: eventsUrl, NATS_CONTEXT: `${EVENTS_FOLDER}/context.json` },
        files: [{ name: "events-access", folder: EVENTS_FOLDER, from: { secret } }],
        reach: { "to-events": reach },
      };
    },
  };
}
