import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../kube/labels.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { OLLAMA_PORT } from "./reach.ts";

/** Whom its volume belongs to. */
const OLLAMA_USER = 65532;

/** A graphics card for its pod. */
export interface Gpu {
  /** How its device plugin calls it. @default "nvidia.com/gpu" */
  readonly resource?: string;
  /** @default 1 */
  readonly count?: number;
  /** RuntimeClass by which containers get at it. @default the cluster's default */
  readonly runtimeClass?: string;
}

export interface ResolvedOllama {
  image: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  claim: pulumi.Input<string>;
  cpu: string;
  memory: string;
  gpu?: Gpu;
  nodeSelector?: Readonly<Record<string, string>>;
  priorityClass?: pulumi.Input<string>;
  environment: k8s.types.input.core.v1.EnvVar[];
}

/** https://docs.ollama.com/faq: one model at a time, one question at a time; whoever asks meanwhile waits. */
export const ollamaSettings = {
  OLLAMA_HOST: `0.0.0.0:${OLLAMA_PORT}`,
  OLLAMA_MODELS: "/models",
  OLLAMA_MAX_LOADED_MODELS: "1",
  OLLAMA_NUM_PARALLEL: "1",
  // A model that nobody asks for so long gives its memory back.
  OLLAMA_KEEP_ALIVE: "5m",
  // A key that it would sign in to its library with.
  HOME: "/tmp",
};

/** One replica on purpose: its volume is writable on one node, and each would load the model for itself. */
export function ollamaDeployment(v: ResolvedOllama): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    revisionHistoryLimit: 1,
    selector: { matchLabels: appSelector("ollama") },
    template: {
      metadata: { labels: appLabels("ollama") },
      spec: {
        serviceAccountName: v.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        priorityClassName: v.priorityClass,
        runtimeClassName: v.gpu?.runtimeClass,
        nodeSelector: v.nodeSelector,
        securityContext: restrictedPod(OLLAMA_USER),
        containers: [container(v)],
        volumes: [
          { name: "models", persistentVolumeClaim: { claimName: v.claim } },
          { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
        ],
      },
    },
  };
}

function container(v: ResolvedOllama): k8s.types.input.core.v1.Container {
  // Lists what is on its volume: an answer means that both work.
  const list = { path: "/api/tags", port: "ollama" };
  const card = v.gpu && { [v.gpu.resource ?? "nvidia.com/gpu"]: String(v.gpu.count ?? 1) };
  return {
    name: "ollama",
    image: v.image,
    imagePullPolicy: "IfNotPresent",
    // A name and no path: entry points differ between builds.
    command: ["ollama", "serve"],
    env: [...Object.entries(ollamaSettings).map(([name, value]) => ({ name, value })), ...v.environment],
    ports: [{ name: "ollama", containerPort: OLLAMA_PORT, protocol: "TCP" }],
    securityContext: restrictedContainer,
    resources: {
      requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "16Mi" },
      limits: { cpu: v.cpu, memory: v.memory, "ephemeral-storage": "128Mi", ...card },
    },
    startupProbe: { httpGet: list, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { httpGet: list, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { httpGet: { ...list, path: "/" }, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
    volumeMounts: [
      { name: "models", mountPath: ollamaSettings.OLLAMA_MODELS },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}
