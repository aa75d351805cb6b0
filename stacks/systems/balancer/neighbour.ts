import { LOAD_BALANCER_NAMESPACE } from "../../../components/index.ts";
import type { Mistake } from "../../check/mistakes.ts";
import { ask } from "../../survey/ask.ts";
import type { Kubeconfig } from "../../survey/kubeconfig.ts";
import type { BalancerKeys } from "./schema.ts";

/** A cluster with a load balancer of its own: two of them take each other's addresses away again. */
export async function neighbourMistakes({ loadBalancer }: BalancerKeys, cluster: Kubeconfig): Promise<Mistake[]> {
  if (loadBalancer === undefined) return [];
  const { status, body } = await ask(cluster, "/apis/metallb.io/v1beta1/ipaddresspools");
  if (status !== 200) return []; // no cluster with MetalLB, or these credentials may not look
  const { items } = JSON.parse(body) as { items: { metadata: { namespace?: string; name?: string } }[] };
  const other = items.find(({ metadata }) => metadata.namespace !== LOAD_BALANCER_NAMESPACE);
  if (other === undefined) return [];
  const { namespace, name } = other.metadata;
  return [
    {
      key: "loadBalancer",
      found: `${cluster.server} with the pool "${name}" in the namespace ${namespace}`,
      allowed: "a cluster without a MetalLB of its own",
      fix: `remove it: Services get addresses already; portal.addressPool may name a pool, for instance "${name}"`,
    },
  ];
}
