import type * as pulumi from "@pulumi/pulumi";
import { appSelector, label } from "../kube/labels.ts";
import { denyAll, toApiServer, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { RADICLE_APP } from "./identity.ts";
import type { RadicleIdentity } from "./identity.ts";
import { NODE_PORT, PEOPLE_PORT } from "./settings.ts";

const pods = appSelector(RADICLE_APP);
const ports = tcp(NODE_PORT, PEOPLE_PORT);

/** What is reached beyond that where there is something to be reached. */
interface Further {
  /** To the event bus. */
  readonly toBus?: Policy | undefined;
  /** By whom devices on a mesh come, as labels call it. */
  readonly routers?: string | undefined;
}

/** In: from workspaces, and to its node from devices on the mesh. Out: to the API server, which is asked whose workspace it is, and to the event bus. */
export function radicleReach(endpoint: pulumi.Input<string>, { toBus, routers }: Further = {}): Policies {
  return {
    "deny-all": denyAll,
    "from-workspaces": { pods, from: [{ peers: [{ namespacesWith: label.workspace }], ports }] },
    ...(routers !== undefined && {
      "from-routers": { pods, from: [{ peers: [program(routers)], ports: tcp(NODE_PORT) }] },
    }),
    "to-dns": toDns,
    "to-api-server": toApiServer(endpoint, pods),
    ...(toBus && { "to-events": { ...toBus, pods } }),
  };
}

/** Out of a workspace: to the seed, and to where it says who it is. */
export function toRadicle({ namespace }: RadicleIdentity): Policy {
  return { to: [{ peers: [program(RADICLE_APP, namespace)], ports }] };
}
