import { stringify } from "yaml";
import { talosKey, type TalosSecrets } from "./secrets.ts";
import type { KeyPair } from "../pki/x509.ts";

/** A certificate and its key, base64 of their PEM; machines that may not sign get the certificate alone. */
interface EncodedPair {
  crt: string;
  key: string;
}

/** Where images of a registry are fetched instead; "*" stands for every registry. */
export interface RegistryMirror {
  endpoints: string[];
  /** Whether the registry itself is asked where no endpoint has the image. @default it is */
  skipFallback?: boolean;
  overridePath?: boolean;
}

/** Of Talos' `v1alpha1` config, what GuildNet says. https://docs.siderolabs.com/talos/v1.13/reference/configuration/v1alpha1/config */
export interface MachineConfig {
  version: "v1alpha1";
  debug: boolean;
  persist: boolean;
  machine: {
    type: "controlplane" | "worker";
    token: string;
    ca: EncodedPair;
    certSANs: string[];
    kubelet: {
      image: string;
      defaultRuntimeSeccompProfileEnabled: boolean;
      disableManifestsDirectory: boolean;
      extraConfig?: Record<string, unknown>;
      extraMounts?: { destination: string; type: string; source: string; options: string[] }[];
      nodeIP?: { validSubnets: string[] };
    };
    network?: { hostname?: string };
    install: { disk?: string; image?: string; wipe: boolean };
    registries?: {
      mirrors?: Record<string, RegistryMirror>;
      config?: Record<string, { tls?: { ca?: string } }>;
    };
    nodeLabels?: Record<string, string>;
    nodeTaints?: Record<string, string>;
    sysctls?: Record<string, string>;
    features: {
      rbac: boolean;
      diskQuotaSupport: boolean;
      kubePrism: { enabled: boolean; port: number };
      hostDNS: { enabled: boolean; forwardKubeDNSToHost: boolean };
    };
  };
  cluster: {
    id: string;
    secret: string;
    clusterName: string;
    controlPlane: { endpoint: string };
    network: {
      dnsDomain: string;
      podSubnets: string[];
      serviceSubnets: string[];
      cni?: { name: "flannel" | "none" | "custom"; urls?: string[] };
    };
    token: string;
    ca: EncodedPair;
    discovery: { enabled: boolean };
    secretboxEncryptionSecret?: string;
    aggregatorCA?: EncodedPair;
    serviceAccount?: { key: string };
    apiServer?: { image: string; certSANs: string[]; extraArgs?: Record<string, string> };
    controllerManager?: { image: string; extraArgs?: Record<string, string> };
    scheduler?: { image: string; extraArgs?: Record<string, string> };
    proxy?: { image?: string; disabled?: boolean; mode?: string; extraArgs?: Record<string, string> };
    etcd?: { ca: EncodedPair; image?: string };
    coreDNS?: { disabled?: boolean; image?: string };
    allowSchedulingOnControlPlanes?: boolean;
  };
}

/** A part of a config that says something else, or more; `undefined` says nothing. */
export type Patch<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: Patch<T[K]> } : T;

/** What the machines of a cluster have in common. */
export interface ClusterInput {
  readonly clusterName: string;
  /** Where the API server of Kubernetes is reached: `https://10.0.0.10:6443`. */
  readonly endpoint: string;
  /** Without a v: `1.36.3`. */
  readonly kubernetesVersion: string;
  readonly secrets: TalosSecrets;
  /** Names and addresses by which Talos and the API server are reached, beside those that a machine knows of. @default none */
  readonly certSans?: readonly string[];
  /** @default "10.244.0.0/16" */
  readonly podCidr?: string;
  /** @default "10.96.0.0/12" */
  readonly serviceCidr?: string;
  /** Whether workloads run on control planes too, as in a guild of few machines; MetalLB then announces from there. @default false */
  readonly scheduleOnControlPlanes?: boolean;
  readonly patch?: Patch<MachineConfig>;
}

/** What one machine has of its own. */
export interface MachineInput {
  /** @default Talos makes one up that stays */
  readonly hostname?: string;
  readonly patch?: Patch<MachineConfig>;
}

const KUBE_PRISM_PORT = 7445;
/** From machines with it MetalLB announces nothing. */
const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

/** The config of a machine that runs etcd and the API server; all of the cluster's secrets are in it. */
export function controlPlaneConfig(cluster: ClusterInput, machine: MachineInput = {}): MachineConfig {
  const { secrets, kubernetesVersion, certSans = [], scheduleOnControlPlanes = false } = cluster;
  const common = commonConfig(cluster, machine);
  const image = (name: string): string => `registry.k8s.io/${name}:v${kubernetesVersion}`;
  const hosts = [new URL(cluster.endpoint).hostname.replaceAll(/[[\]]/g, ""), ...certSans];
  return patched(
    {
      ...common,
      machine: {
        ...common.machine,
        type: "controlplane",
        ca: encoded(secrets.os),
        ...(scheduleOnControlPlanes ? {} : { nodeLabels: { [EXCLUDED]: "" } }),
      },
      cluster: {
        ...common.cluster,
        ca: encoded(secrets.kubernetes),
        aggregatorCA: encoded(secrets.aggregator),
        serviceAccount: { key: base64(talosKey(secrets.serviceAccountKeyPem)) },
        secretboxEncryptionSecret: secrets.secretboxEncryptionSecret,
        etcd: { ca: encoded(secrets.etcd) },
        apiServer: { image: image("kube-apiserver"), certSANs: [...new Set(hosts)] },
        controllerManager: { image: image("kube-controller-manager") },
        scheduler: { image: image("kube-scheduler") },
        proxy: { image: image("kube-proxy") },
        allowSchedulingOnControlPlanes: scheduleOnControlPlanes,
      },
    },
    cluster.patch,
    machine.patch,
  );
}

/** The config of a machine that runs workloads alone; no authority's key is in it. */
export function workerConfig(cluster: ClusterInput, machine: MachineInput = {}): MachineConfig {
  return patched(commonConfig(cluster, machine), cluster.patch, machine.patch);
}

/** As Talos reads it. */
export function serialised(config: MachineConfig): string {
  return stringify(config, { aliasDuplicateObjects: false });
}

/** The config with what the patches say: objects key by key, anything else as a whole. */
export function patched(
  config: MachineConfig,
  ...patches: readonly (Patch<MachineConfig> | undefined)[]
): MachineConfig {
  return patches.reduce<MachineConfig>((so, patch) => (patch === undefined ? so : merged(so, patch)), config);
}

function commonConfig(cluster: ClusterInput, { hostname }: MachineInput): MachineConfig {
  const { secrets, certSans = [], podCidr = "10.244.0.0/16", serviceCidr = "10.96.0.0/12" } = cluster;
  return {
    version: "v1alpha1",
    debug: false,
    persist: true,
    machine: {
      type: "worker",
      token: secrets.trustdToken,
      ca: withoutKey(secrets.os),
      certSANs: [...certSans],
      kubelet: {
        image: `ghcr.io/siderolabs/kubelet:v${cluster.kubernetesVersion}`,
        defaultRuntimeSeccompProfileEnabled: true,
        disableManifestsDirectory: true,
      },
      ...(hostname === undefined ? {} : { network: { hostname } }),
      install: { wipe: false },
      features: {
        rbac: true,
        diskQuotaSupport: true,
        kubePrism: { enabled: true, port: KUBE_PRISM_PORT },
        hostDNS: { enabled: true, forwardKubeDNSToHost: true },
      },
    },
    cluster: {
      id: secrets.cluster.id,
      secret: secrets.cluster.secret,
      clusterName: cluster.clusterName,
      controlPlane: { endpoint: cluster.endpoint },
      network: { dnsDomain: "cluster.local", podSubnets: [podCidr], serviceSubnets: [serviceCidr] },
      token: secrets.bootstrapToken,
      ca: withoutKey(secrets.kubernetes),
      // What Talos' own discovery tells goes to its maker's server.
      discovery: { enabled: false },
    },
  };
}

function merged<T extends object>(base: T, patch: object): T {
  const result = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const before = result[key];
    result[key] = isPlain(before) && isPlain(value) ? merged(before, value) : value;
  }
  return result as T;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function encoded({ certificatePem, privateKeyPem }: KeyPair): EncodedPair {
  return { crt: base64(certificatePem), key: base64(talosKey(privateKeyPem)) };
}

function withoutKey({ certificatePem }: KeyPair): EncodedPair {
  return { crt: base64(certificatePem), key: "" };
}

/** Talos puts certificates one after the other as they are: without its last line's end one would run into the next. */
function base64(pem: string): string {
  return Buffer.from(`${pem.trimEnd()}\n`).toString("base64");
}
