import { appSelector } from "../kube/labels.ts";
import { denyAll } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { EVENTS_APP, EVENTS_NAMESPACE } from "./identity.ts";
import { CLIENT_PORT } from "./settings.ts";

/** In: from every pod, as credentials tell who may what; whose namespace doesn't open the way out gets nowhere. Out: nothing. */
export const eventBusReach: Policies = {
  "deny-all": denyAll,
  "from-pods": { pods: appSelector(EVENTS_APP), from: [{ peers: ["pods"], ports: tcp(CLIENT_PORT) }] },
};

/** Out of a pod: to the bus. */
export const toEvents: Policy = {
  to: [{ peers: [program(EVENTS_APP, EVENTS_NAMESPACE)], ports: tcp(CLIENT_PORT) }],
};
