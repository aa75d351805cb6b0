import type * as pulumi from "@pulumi/pulumi";
import { appSelector, label } from "../kube/labels.ts";
import { denyAll, INTERNET, toApiServer, toDns, toOutside } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy, Traffic } from "../kube/network-policy.ts";
import { GATEWAY_PORT } from "./gateway-settings.ts";
import { modelGatewayIdentity } from "./model-server.ts";
import type { ModelServer } from "./model-server.ts";

const { app, namespace } = modelGatewayIdentity;
const ports = tcp(GATEWAY_PORT);
const pods = appSelector(app);

/** In: from workspaces. Out: to the API server, which has their tokens, and to each server of models, wherever it is. */
export function gatewayReach(
  endpoint: pulumi.Input<string>,
  servers: readonly ModelServer[],
  networks: readonly string[],
  toEvents?: Policy,
): Policies {
  const outside = servers.filter((server) => server.pods === undefined);
  const onInternet = outside.some((server) => addressOf(server) === undefined);
  return {
    "deny-all": denyAll,
    "from-workspaces": { pods, from: [{ peers: [{ namespacesWith: label.workspace }], ports }] },
    "to-dns": toDns,
    "to-api-server": toApiServer(endpoint, pods),
    "to-models": { pods, to: servers.flatMap(toServer) },
    // By its name, which leads to whatever address is its own today.
    ...(onInternet && toOutside([INTERNET, ...networks])),
    ...(toEvents && { "to-events": { ...toEvents, pods } }),
  };
}

function toServer(server: ModelServer): Traffic[] {
  if (server.pods !== undefined)
    return [{ peers: [program(server.pods.app, server.pods.namespace)], ports: tcp(server.pods.port) }];
  const address = addressOf(server);
  return address === undefined ? [] : [{ peers: [{ network: `${address.host}/32` }], ports: tcp(address.port) }];
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** Address and port of a server that is called by its address; a private one is let through then, and no other is. */
function addressOf({ url }: ModelServer): { host: string; port: number } | undefined {
  if (typeof url !== "string") return undefined;
  const { hostname, port, protocol } = new URL(url);
  if (!IPV4.test(hostname)) return undefined;
  return { host: hostname, port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port) };
}

/** Out of a workspace: to the gateway. */
export const toModelGateway: Policy = { to: [{ peers: [program(app, namespace)], ports }] };
