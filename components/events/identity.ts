import type { EventServer } from "../../provider/sdk/index.ts";
import { appSelector } from "../kube/labels.ts";
import { CLIENT_PORT } from "./settings.ts";

export const EVENTS_APP = "nats";
/** Fixed names, as the registry's are. */
export const EVENTS_NAMESPACE = "guildnet-events";
/** Resolved by the cluster's DNS, whatever its domain is called. */
export const eventsHost = `${EVENTS_APP}.${EVENTS_NAMESPACE}.svc`;
export const eventsUrl = `tls://${eventsHost}:${CLIENT_PORT}`;

/** How this machine reaches it: what is in the cluster listens nowhere else. */
export const throughCluster = {
  namespace: EVENTS_NAMESPACE,
  labelSelector: Object.entries(appSelector(EVENTS_APP))
    .map(([key, value]) => `${key}=${value}`)
    .join(","),
} satisfies Partial<EventServer["cluster"]>;
