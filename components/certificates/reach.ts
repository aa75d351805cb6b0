import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { denyAll, fromAnywhere, toApiServer, toDns, toInternet } from "../kube/network-policies.ts";
import { tcp, udp } from "../kube/network-policy.ts";
import type { Policies } from "../kube/network-policy.ts";
import { certManager, WEBHOOK_PORT } from "./cert-manager-settings.ts";

/** In: to the webhook, from the API server, which is nothing that a policy can name. Out: to the API server, and with ACME to its authority and any name server. */
export function certManagerReach({ endpoint, acme }: { endpoint: pulumi.Input<string>; acme: boolean }): Policies {
  return {
    "deny-all": denyAll,
    "from-api-server": fromAnywhere(appSelector(certManager.webhook), tcp(WEBHOOK_PORT)),
    "to-dns": toDns,
    "to-api-server": toApiServer(endpoint),
    ...(acme && {
      "to-internet": toInternet,
      "to-name-servers": { pods: appSelector("cert-manager-controller"), to: [{ ports: [...udp(53), ...tcp(53)] }] },
    }),
  };
}
