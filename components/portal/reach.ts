import type * as pulumi from "@pulumi/pulumi";
import { appSelector, label } from "../kube/labels.ts";
import { denyAll, fromAnywhere, toApiServer, toDns } from "../kube/network-policies.ts";
import { tcp } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { PORTAL_PORT } from "./deployment.ts";

const pods = appSelector("portal");

/**
 * Whom the portal may reach, and who reaches it: browsers, from wherever its Service is reached;
 * the pods of workspaces and apps, whatever ports they declare; and the API server.
 * @param endpoint URL of the API server
 */
export function portalReach(endpoint: pulumi.Input<string>): Policies {
  return {
    "deny-all": denyAll,
    "from-browsers": fromAnywhere(pods, tcp(PORTAL_PORT)),
    "to-dns": toDns,
    "to-workspaces": { pods, to: [{ peers: [{ namespacesWith: label.workspace }, { namespacesWith: label.app }] }] },
    "to-api-server": toApiServer(endpoint, pods),
  };
}
