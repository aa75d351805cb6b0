import { appSelector } from "../kube/labels.ts";
import { denyAll, toDns, toOutside } from "../kube/network-policies.ts";
import { toProxy, usedProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { modelGatewayIdentity } from "./model-server.ts";

/** Where Ollama listens, in its pod and its Service. */
export const OLLAMA_PORT = 11434;

/** In: the gateway alone, since the server asks nobody who they are. Out: nowhere, or where models are pulled from. */
export function ollamaReach({ pulls, proxy }: { pulls: boolean; proxy?: Proxy }): Policies {
  const { app, namespace } = modelGatewayIdentity;
  return {
    "deny-all": denyAll,
    "from-gateway": {
      pods: appSelector("ollama"),
      from: [{ peers: [program(app, namespace)], ports: tcp(OLLAMA_PORT) }],
    },
    ...(pulls && { "to-dns": toDns }),
    ...toOutside(pulls),
    ...toProxy(usedProxy(proxy, pulls)),
  };
}
