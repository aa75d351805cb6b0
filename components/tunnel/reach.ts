import { appSelector } from "../kube/labels.ts";
import { denyAll, NOT_INTERNET_V4, NOT_INTERNET_V6, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Peer, Policies, Port } from "../kube/network-policy.ts";
import { tunnelIdentity } from "./identity.ts";
import type { TunnelEnd } from "./identity.ts";

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** The internet, for what is called by a name: a policy knows addresses alone. */
const internet: readonly Peer[] = [
  { network: "0.0.0.0/0", except: NOT_INTERNET_V4 },
  { network: "::/0", except: NOT_INTERNET_V6 },
];

/** Out: to the server at its port, and to the one end in the cluster. Nobody gets in. */
export function tunnelReach(
  end: TunnelEnd,
  { server, ports }: { /** @default somewhere in the internet */ server?: string; ports: readonly Port[] },
): Policies {
  const pods = appSelector(tunnelIdentity.app);
  const peers = server !== undefined && IPV4.test(server) ? [{ network: `${server}/32` }] : internet;
  return {
    "deny-all": denyAll,
    "to-dns": toDns,
    "to-server": { pods, to: [{ peers, ports }] },
    "to-published": { pods, to: [{ peers: [program(end.pods.app, end.pods.namespace)], ports: tcp(end.port) }] },
  };
}
