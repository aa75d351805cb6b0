import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { denyAll, toApiServer, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { MONITORING_APP, MONITORING_NAMESPACE, NODE_APP } from "./identity.ts";
import type { ScrapedPods } from "./scrape.ts";
import { KUBELET_PORT, ports } from "./settings.ts";

const pods = appSelector(MONITORING_APP);

/** Out: to the API server, to kubelets, which are no pods and can only be told by their port, to the pods that tell figures, and to the bus. Nobody gets in. */
export function monitoringReach(
  endpoint: pulumi.Input<string>,
  scraped: readonly ScrapedPods[],
  toEvents: Policy | undefined,
): Policies {
  return {
    "deny-all": denyAll,
    "to-dns": { ...toDns, pods },
    "to-api-server": toApiServer(endpoint, pods),
    "to-kubelets": { pods, to: [{ ports: tcp(KUBELET_PORT) }] },
    "to-nodes-figures": { pods, to: [{ peers: [program(NODE_APP, MONITORING_NAMESPACE)], ports: tcp(ports.node) }] },
    "nodes-figures": {
      pods: appSelector(NODE_APP),
      from: [{ peers: [program(MONITORING_APP, MONITORING_NAMESPACE)], ports: tcp(ports.node) }],
    },
    ...(scraped.length > 0 && {
      "to-figures": {
        pods,
        to: scraped.map(({ app, namespace, port }) => ({ peers: [program(app, namespace)], ports: tcp(port) })),
      },
    }),
    ...(toEvents && { "to-events": { ...toEvents, pods } }),
  };
}

/** In to a program that tells figures, which is in a namespace of its own. */
export function toFigures({ app, port }: ScrapedPods): Policy {
  return {
    pods: appSelector(app),
    from: [{ peers: [program(MONITORING_APP, MONITORING_NAMESPACE)], ports: tcp(port) }],
  };
}
