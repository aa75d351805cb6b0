import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import { acceptedOfProxy, proxyEnvironment, usedProxy } from "../kube/forward-proxy.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import { appSelector } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount, retention, volumeClaim } from "../kube/place.ts";
import { quantity } from "../kube/quantity.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import type { ModelServer, ServedModel } from "./model-server.ts";
import type { ModelSpec } from "./model-spec.ts";
import { smallModel } from "./model-spec.ts";
import { ollamaDeployment } from "./ollama-pods.ts";
import type { Gpu } from "./ollama-pods.ts";
import { OLLAMA_PORT, ollamaReach } from "./reach.ts";
import { serverModels } from "./server-models.ts";

/** What `transform` changes. */
export interface OllamaChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  models: k8s.core.v1.PersistentVolumeClaimArgs;
  proxy: k8s.core.v1.SecretArgs;
  deployment: k8s.apps.v1.DeploymentArgs;
  service: k8s.core.v1.ServiceArgs;
}

export interface OllamaArgs {
  /** Image of Ollama, version 0.13.5. One built from package registries knows no graphics cards. */
  image: pulumi.Input<string>;
  /** The cluster it runs in: models are handed to its pod by way of the API server. */
  cluster: Pick<ClusterAccess, "kubeconfig">;
  /** What it has; the first is what is asked where nobody says which. @default a small one, from a package registry */
  models?: readonly ModelSpec[];
  /** Memory that its pod may take, with the largest of the models loaded. What a model maps of its file counts. @default "768Mi", enough for the small one */
  memory?: string;
  /** Cores that its pod may take. Answers are reckoned by as many threads. @default "2" */
  cpu?: string;
  /** @default none: models run on the processor */
  gpu?: Gpu;
  /** Labels of the nodes where it may run. @default any */
  nodeSelector?: Readonly<Record<string, string>>;
  /** Size of the volume with its models; it can grow, not shrink. @default "20Gi" */
  storage?: string;
  /** StorageClass of its volume. @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  /** Whether namespace and volume stay when it is removed, and the models with them. To remove them with it, apply `false` first, then remove it. @default true */
  keepData?: boolean;
  /** What models are pulled through. @default none */
  proxy?: Proxy;
  /** PriorityClass of its pod. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made; its models are made of `models` alone. @default none */
  transform?: Transforms<OllamaChildren>;
}

const NAMESPACE = "guildnet-ollama";
const DATA = { namespace: NAMESPACE, claim: "models" };

/**
 * The guild's own server of language models, Ollama, and the models that it has. It asks nobody who they are, so
 * a policy lets the guild's model gateway reach it and nothing else.
 *
 * It loads a model when it is asked and gives its memory back after five minutes: idle it takes some 30 MiB.
 * Its volume is in no backup: each model is had again from where it came from.
 */
export class Ollama extends pulumi.ComponentResource implements ModelServer {
  readonly pods = { app: "ollama", namespace: NAMESPACE, port: OLLAMA_PORT };
  readonly name: string;
  /** Known before it is there, so that nobody waits for it. */
  readonly url = `http://ollama.${NAMESPACE}.svc:${OLLAMA_PORT}`;
  readonly models: readonly ServedModel[];
  /** Its claim, by which others find it before it is there. */
  static readonly place = DATA;

  constructor(name: string, args: OllamaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Ollama",
      name,
      { reaches: "whoever asks a model: questions that run are cut off, and the next one loads the model again" },
      transformed(name, args.transform, opts),
    );
    this.name = name;
    const { models = [smallModel], cpu = "2", gpu, proxy: given } = args;
    const pulls = models.some(({ source }) => source === undefined);
    const proxy = usedProxy(given, pulls);
    const data = retention(args.keepData);
    const place = ownNamespace(name, { app: "ollama", namespace: NAMESPACE, level: "restricted", data }, this);
    const guards = networkPolicies(place, ollamaReach({ pulls, proxy }));
    const account = powerlessAccount(place);
    const claim = volumeClaim(place, "models", {
      claim: DATA.claim,
      size: args.storage ?? "20Gi",
      storageClass: args.storageClass,
      data,
    });
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: metaIn(place, "ollama", accepted({ ...oneServer, ...acceptedOfProxy(proxy) })),
        spec: ollamaDeployment({
          image: args.image,
          serviceAccount: account.metadata.name,
          claim: claim.metadata.name,
          cpu,
          memory: args.memory ?? "768Mi",
          gpu,
          nodeSelector: args.nodeSelector,
          priorityClass: args.priorityClass,
          environment: proxyEnvironment(place, proxy, {}),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: metaIn(place, "ollama", unawaited),
        spec: {
          selector: appSelector("ollama"),
          ports: [{ name: "ollama", port: OLLAMA_PORT, targetPort: "ollama", protocol: "TCP" }],
        },
      },
      { parent: this },
    );
    const pod = {
      kubeconfig: args.cluster.kubeconfig,
      namespace: place.namespace,
      labelSelector: `app.kubernetes.io/name=${place.app}`,
      container: "ollama",
      port: OLLAMA_PORT,
    };
    // With the server its models need no removal: they stay on its volume, or go with it.
    serverModels(
      name,
      { server: { pod }, models, threads: gpu === undefined ? Math.ceil(quantity(cpu)) : undefined },
      { parent: this, dependsOn: deployment, deletedWith: deployment },
    );
    this.models = models.map(served);
    this.registerOutputs({ url: this.url });
  }
}

const oneServer = {
  "single-replica": "its volume is writable on one node, and each would load the model for itself",
  recreated: "its volume is writable by one pod at a time",
} as const;

/** A model as those who ask it need to know it. */
export function served({ name, contextWindow, tools, parameters }: ModelSpec): ServedModel {
  const temperature = parameters?.["temperature"];
  return { name, contextWindow, tools, ...(typeof temperature === "number" && { temperature }) };
}
