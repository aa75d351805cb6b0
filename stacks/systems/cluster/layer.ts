import * as pulumi from "@pulumi/pulumi";
import { EmbeddedCluster, ExistingCluster, imageOf } from "../../../components/index.ts";
import type { ClusterAccess, ExistingClusterArgs } from "../../../components/index.ts";
import type { Kubeconfig } from "../../survey/kubeconfig.ts";
import { system } from "../../system.ts";
import type { Ground, Layer, Secrets } from "../../system.ts";
import type { AuthorityGives } from "../authority/layer.ts";
import type { ProxyGives } from "../proxy/layer.ts";
import { clusterMistakes } from "./rules.ts";
import { clusterKeys } from "./schema.ts";
import type { ClusterKeys, EmbeddedConfig, ExistingConfig } from "./schema.ts";
import { Workloads } from "./workloads.ts";

export interface ClusterGives {
  access: ClusterAccess;
  /** The machine itself, where the guild makes it. */
  embedded: EmbeddedCluster | undefined;
  /** What was made in it so far that keeps pods running. */
  workloads: Workloads;
  /** Of every component in the cluster: its provider, what it perishes with, and who takes down its workloads. */
  opts: pulumi.ComponentResourceOptions;
  /** Reference of an image that a system wants, known once the cluster has it. @throws where none wants it */
  image: (name: string) => pulumi.Input<string>;
}

interface ClusterOutputs {
  /** Administrator's access to the cluster. Secret. */
  kubeconfig: pulumi.Output<string>;
}

type Needs = Ground & AuthorityGives & ProxyGives;

export const cluster = system({
  keys: clusterKeys,
  secrets: ["kubeconfig", "imagesCredentials"],
  rules: clusterMistakes,
  layer: clusterLayer,
  notes: clusterNotes,
});

/** The machines. */
function clusterLayer(
  config: ClusterKeys,
  ground: Needs,
  { imagesCredentials }: Secrets<"imagesCredentials">,
): Layer<ClusterGives, ClusterOutputs> {
  if (config.cluster.kind === "embedded") return embeddedLayer(config.cluster, ground);
  const { registry, caCertificate } = config.images;
  const pushedTo =
    registry === undefined
      ? undefined
      : { address: registry, credentials: imagesCredentials, caCertificatePem: caCertificate };
  return existingLayer(config.cluster, ground, pushedTo);
}

function embeddedLayer(
  wanted: EmbeddedConfig,
  { authority, proxy, wants }: Needs,
): Layer<ClusterGives, ClusterOutputs> {
  const { images, publish, registries } = wants;
  const workloads = new Workloads();
  const access = new EmbeddedCluster(
    "cluster",
    {
      apiPort: wanted.apiPort,
      podCidr: wanted.podCidr,
      serviceCidr: wanted.serviceCidr,
      lanCidr: wanted.lanCidr,
      keepVolumes: wanted.keepVolumes,
      volumeSizes: wanted.volumeSizes === "reserved" ? "reserved" : undefined,
      publish,
      registries:
        registries.length === 0
          ? undefined
          : registries.map((registry) => ({ ...registry, caCertificatePem: authority.certificatePem })),
      images,
      proxy,
    },
    { transformations: [workloads.transformation] },
  );
  return layerOn(access, access, workloads);
}

function existingLayer(
  wanted: ExistingConfig,
  { kubeconfig, wants }: Needs,
  registry: ExistingClusterArgs["registry"],
): Layer<ClusterGives, ClusterOutputs> {
  if (kubeconfig === undefined) throw new Error("an existing cluster needs its kubeconfig");
  const access = new ExistingCluster("cluster", {
    kubeconfig: kubeconfig.text,
    endpoint: kubeconfig.server,
    identity: wanted.identity ?? kubeconfig.identity ?? kubeconfig.clusterName,
    isKnown: isKnown(wanted, kubeconfig),
    storageClass: wanted.storageClass,
    podCidr: wanted.podCidr,
    serviceCidr: wanted.serviceCidr,
    images: wants.images,
    registry,
  });
  return layerOn(access, undefined, new Workloads());
}

/** One that nobody could ask is believed to be what it was; so was a guild that is older than the question. */
function isKnown({ identity }: ExistingConfig, kubeconfig: Kubeconfig): boolean {
  return identity === undefined && (kubeconfig.hasGuild === true || kubeconfig.identity === undefined);
}

function layerOn(
  access: ClusterAccess,
  embedded: EmbeddedCluster | undefined,
  workloads: Workloads,
): Layer<ClusterGives, ClusterOutputs> {
  return {
    gives: {
      access,
      embedded,
      workloads,
      opts: { provider: access.provider, deletedWith: access.machine, transformations: [workloads.transformation] },
      image: (name) => imageOf(access.images, name),
    },
    outputs: { kubeconfig: pulumi.secret(access.kubeconfig) },
  };
}

function clusterNotes(config: ClusterKeys): string[] {
  return config.cluster.kind === "embedded"
    ? []
    : [
        "NetworkPolicies keep workspaces apart where the cluster's network enforces them; not every one does (flannel alone, for instance).",
      ];
}
