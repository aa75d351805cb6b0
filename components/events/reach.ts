import { appSelector } from "../kube/labels.ts";
import { isIPv4 } from "node:net";
import { denyAll, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { EVENTS_NAMESPACE, eventsApp } from "./identity.ts";
import type { EventServers } from "./identity.ts";
import { CLIENT_PORT, ROUTE_PORT } from "./settings.ts";

/** In: from every pod, as credentials tell who may what; whose namespace doesn't open the way out gets nowhere. Out: to each other, where there are several. */
export function eventBusReach(servers: EventServers): Policies {
  const app = eventsApp(servers),
    pods = appSelector(app),
    routes = { peers: [program(app, EVENTS_NAMESPACE)], ports: tcp(ROUTE_PORT) };
  return {
    "deny-all": denyAll,
    "from-pods": { pods, from: [{ peers: ["pods"], ports: tcp(CLIENT_PORT) }] },
    ...(servers > 1 && {
      "from-servers": { pods, from: [routes] },
      "to-servers": { pods, to: [routes] },
      "to-dns": { ...toDns, pods },
    }),
  };
}

/** Out of a pod: to the bus. */
export function toEvents(servers: EventServers): Policy {
  return { to: [{ peers: [program(eventsApp(servers), EVENTS_NAMESPACE)], ports: tcp(CLIENT_PORT) }] };
}

/** Out of a pod: to a bus that is somewhere else, in its networks, or at its address. */
export function toExistingEvents(url: string, networks: readonly string[] = []): Policy {
  const { hostname, port } = new URL(url);
  const all = isIPv4(hostname) ? [`${hostname}/32`, ...networks] : networks;
  return {
    to: [...toDns.to, { peers: all.map((network) => ({ network })), ports: tcp(Number(port || CLIENT_PORT)) }],
  };
}
