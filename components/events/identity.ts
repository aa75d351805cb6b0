import type { EventServer } from "../../provider/sdk/index.ts";
import { appSelector } from "../kube/labels.ts";
import { CLIENT_PORT } from "./settings.ts";

export const EVENTS_APP = "nats";
/** The pods of three servers are called otherwise than that of one: while events move from one to the others all are there. */
export const EVENTS_SERVERS_APP = "nats-cluster";
/** Fixed names, as the registry's are. */
export const EVENTS_NAMESPACE = "guildnet-events";
/** Resolved by the cluster's DNS, whatever its domain is called. */
export const eventsHost = `${EVENTS_APP}.${EVENTS_NAMESPACE}.svc`;
export const eventsUrl = `tls://${eventsHost}:${CLIENT_PORT}`;

/** How many servers a bus has: with three, one may be away and all goes on. */
export type EventServers = 1 | 3;

/** What its pods are called. */
export function eventsApp(servers: EventServers): string {
  return servers === 1 ? EVENTS_APP : EVENTS_SERVERS_APP;
}

/** The claim of each server's volume. */
export function eventClaims(servers: EventServers): string[] {
  return servers === 1 ? ["data"] : eventPods().map((pod) => `data-${pod}`);
}

/** The pods of three servers. */
export function eventPods(): string[] {
  return [0, 1, 2].map((ordinal) => `${EVENTS_SERVERS_APP}-${ordinal}`);
}

/** How this machine reaches it: what is in the cluster listens nowhere else. */
export function throughCluster(servers: EventServers = 1) {
  return {
    namespace: EVENTS_NAMESPACE,
    labelSelector: Object.entries(appSelector(eventsApp(servers)))
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
  } satisfies Partial<EventServer["cluster"]>;
}
