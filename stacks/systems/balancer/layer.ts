import { images, LoadBalancer } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Layer } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import { neighbourMistakes } from "./neighbour.ts";
import { addressPools } from "./pools.ts";
import { loadBalancerMistakes } from "./rules.ts";
import { balancerKeys } from "./schema.ts";
import type { BalancerKeys } from "./schema.ts";

type Reads = BalancerKeys & ClusterKeys;

export const balancer = system({
  keys: balancerKeys,
  rules: loadBalancerMistakes,
  joins: neighbourMistakes,
  wants: balancerWants,
  layer: balancerLayer,
  notes: balancerNotes,
});

function balancerWants({ loadBalancer }: Reads): Partial<Wants> {
  if (loadBalancer === undefined) return {};
  return {
    images: {
      "metallb-controller": { reference: images.metallb.controller },
      "metallb-speaker": { reference: images.metallb.speaker },
    },
  };
}

function balancerLayer(
  config: Reads,
  { access, embedded, classes, image, opts }: ClusterGives & SchedulingGives,
): Layer<object, object> {
  const { loadBalancer: wanted, cluster } = config;
  if (wanted !== undefined) {
    new LoadBalancer(
      "load-balancer",
      {
        pools: addressPools(config),
        cluster: access,
        interfaces: embedded === undefined ? wanted.interfaces : [embedded.lanInterface],
        failover: cluster.kind !== "embedded",
        images: { controller: image("metallb-controller"), speaker: image("metallb-speaker") },
        priorityClass: classes.platform,
      },
      opts,
    );
  }
  return { gives: {}, outputs: {} };
}

function balancerNotes(config: Reads): string[] {
  if (config.loadBalancer === undefined || config.cluster.kind !== "embedded") return [];
  const addresses = addressPools(config)
    .flatMap((pool) => pool.addresses)
    .join(", ");
  return [
    `Services of type LoadBalancer get an address of ${addresses}, on a LAN inside of the embedded node: pods reach it, this machine doesn't.`,
  ];
}
