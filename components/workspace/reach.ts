import type * as pulumi from "@pulumi/pulumi";
import { toProxy, usedProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { denyAll, toDns, toOutside } from "../kube/network-policies.ts";
import type { Internet } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";

/** In: from the portal, to the ports that it serves. */
export function fromPortal(portalNamespace: pulumi.Input<string>, ports: readonly number[]): Policy {
  return { from: [{ peers: [program("portal", portalNamespace)], ports: tcp(...ports) }] };
}

/** What a workspace and an app have in common: the portal alone reaches them, and they reach DNS and what is outside as far as they may. */
export function personalReach({
  portalNamespace,
  ports,
  internet,
  proxy,
}: {
  portalNamespace: string;
  ports: readonly number[];
  internet: Internet;
  proxy?: Proxy;
}): Policies {
  return {
    "deny-all": denyAll,
    "from-portal": fromPortal(portalNamespace, ports),
    "to-dns": toDns,
    ...toOutside(internet),
    ...toProxy(usedProxy(proxy, internet)),
  };
}
