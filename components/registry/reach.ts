import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { denyAll, fromAnywhere, toApiServer, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import type { RegistryIdentity } from "./identity.ts";
import { REGISTRY_PORT, TOKEN_PORT } from "./settings.ts";

const ports = tcp(REGISTRY_PORT, TOKEN_PORT);

const pods = appSelector("registry");

/** In: pods and nodes alike, and a node is nothing that a policy can name. Out: to the API server, which the token server asks. */
export function registryReach(endpoint: pulumi.Input<string>): Policies {
  return {
    "deny-all": denyAll,
    "from-cluster": fromAnywhere(pods, ports),
    "to-dns": toDns,
    "to-api-server": toApiServer(endpoint, pods),
  };
}

/** Out of a workspace: to the registry and its tokens. */
export function toRegistry({ namespace }: RegistryIdentity): Policy {
  return { to: [{ peers: [program("registry", namespace)], ports }] };
}
