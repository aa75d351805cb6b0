import * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { API_PORTS, denyAll, endpointPort, fromAnywhere } from "../kube/network-policies.ts";
import { program, tcp, udp } from "../kube/network-policy.ts";
import type { Policies, Port } from "../kube/network-policy.ts";

/** UDP port of a node's encrypted traffic. */
export const WIREGUARD_PORT = 41641;

/** A coordination server is reached by every device, and reaches nobody. */
export function headscaleReach(app: string, ports: readonly Port[]): Policies {
  return { "deny-all": denyAll, "from-clients": fromAnywhere(appSelector(app), ports) };
}

/** A name server for the mesh is asked by routers, of any namespace. */
export function meshDnsReach(app: string, routers: string, ports: readonly Port[]): Policies {
  return {
    "deny-all": denyAll,
    "from-routers": { pods: appSelector(app), from: [{ peers: [program(routers)], ports }] },
  };
}

/**
 * In: to a router, from devices. Out: to every pod (policies see a pod where a Service was asked for) and the API
 * server, to further networks it routes to, and to the mesh itself.
 */
export function routerReach(
  app: string,
  { networks, loginServer }: { networks: readonly pulumi.Input<string>[]; loginServer: pulumi.Input<string> },
): Policies {
  const pods = appSelector(app);
  return {
    "deny-all": denyAll,
    "from-devices": fromAnywhere(pods, udp(WIREGUARD_PORT)),
    "to-networks": {
      pods,
      to: [
        { peers: ["pods"] },
        { peers: networks.map((network) => ({ network })) },
        // API server, login server and relays, wherever they are; devices that are reached directly have any address and port.
        {
          ports: [
            ...tcp(...API_PORTS, pulumi.output(loginServer).apply(endpointPort)),
            { protocol: "UDP", port: 1024, endPort: 65535 },
          ],
        },
      ],
    },
  };
}
