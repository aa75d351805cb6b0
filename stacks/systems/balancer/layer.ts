import type * as pulumi from "@pulumi/pulumi";
import { images, LoadBalancer, upperHalf } from "../../../components/index.ts";
import type { AddressPool, ClusterAccess } from "../../../components/index.ts";
import type { GuildConfig } from "../../schema.ts";

/** Images of MetalLB's programs, where the cluster has them by other references than upstream's. */
export interface LoadBalancerImages {
  controller?: pulumi.Input<string>;
  speaker?: pulumi.Input<string>;
}

/** Pools of the config, or the one of an embedded cluster where it names none. */
export function addressPools({ cluster, loadBalancer }: GuildConfig): AddressPool[] {
  if (loadBalancer === undefined) return [];
  return loadBalancer.pools ?? (cluster.kind === "embedded" ? [{ name: "default", addresses: [upperHalf(cluster.lanCidr)] }] : []);
}

/** Images an embedded node must have for it. */
export function loadBalancerImages({ loadBalancer }: GuildConfig): Record<string, { reference: string }> {
  if (loadBalancer === undefined) return {};
  return { "metallb-controller": { reference: images.metallb.controller }, "metallb-speaker": { reference: images.metallb.speaker } };
}

/** What a load balancer stands on. */
export interface LoadBalancerGround {
  access: ClusterAccess;
  images: LoadBalancerImages;
  priorityClass: pulumi.Input<string>;
  /** Bridge inside an embedded node that is its LAN. */
  lanInterface?: string;
}

export function loadBalancerLayer(config: GuildConfig, ground: LoadBalancerGround, opts: pulumi.ComponentResourceOptions): LoadBalancer | undefined {
  const { loadBalancer: wanted, cluster } = config;
  if (wanted === undefined) return undefined;
  const { access, lanInterface } = ground;
  return new LoadBalancer("load-balancer", {
    pools: addressPools(config),
    cluster: access,
    interfaces: lanInterface === undefined ? wanted.interfaces : [lanInterface],
    failover: cluster.kind !== "embedded",
    images: ground.images,
    priorityClass: ground.priorityClass,
  }, opts);
}

/** What a person should know of it. */
export function loadBalancerNotes(config: GuildConfig): string[] {
  if (config.loadBalancer === undefined || config.cluster.kind !== "embedded") return [];
  const addresses = addressPools(config).flatMap((pool) => pool.addresses).join(", ");
  return [`Services of type LoadBalancer get an address of ${addresses}, on a LAN inside of the embedded node: pods reach it, this machine doesn't.`];
}
