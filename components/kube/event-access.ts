import type * as pulumi from "@pulumi/pulumi";
import type { EventIdentity } from "../../provider/sdk/index.ts";
import type { Service } from "../../events/index.ts";
import type { Policy } from "./network-policy.ts";
import type { Place } from "./place.ts";

/** Somebody on the event bus, whose rights follow from who it is. */
export type EventUser =
  | { readonly kind: "workspace"; readonly id: string; readonly owner: string; readonly admin: boolean }
  | { readonly kind: "app"; readonly name: string; readonly owner: string }
  /** One of the guild's own programs. */
  | { readonly kind: "service"; readonly service: Service };

/** What a program in a pod takes to be somebody on the bus: `connectFrom` of events/client reads the folder. */
export interface EventsJoined {
  /** Name of the Secret, all of whose files go into a folder. */
  readonly secret: pulumi.Output<string>;
  /** Out of its pods: to the bus. */
  readonly reach: Policy;
  /** Changes with the files, for programs that read them at their start alone. Not secret. */
  readonly version: pulumi.Output<string>;
}

/** Where events go: what says or reads some takes one. `EventBus` is one. */
export interface EventBusAccess {
  /** Where pods reach it, for instance "tls://nats.guildnet-events.svc:4222". */
  readonly url: string;
  /**
   * Makes somebody known to the bus, and what its pods take for it: children `<place>-events-…`, which wait for the bus
   * only where they are told to it, so that no pod does.
   */
  join(place: Place, user: pulumi.Input<EventUser>): EventsJoined;
  /** The same for who is outside of the cluster: children `<name>-identity` and `<name>-account`. */
  identity(name: string, user: pulumi.Input<EventUser>, parent: pulumi.Resource): EventIdentity;
}
