import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { mountedVersion } from "../kube/metadata.ts";
import { restrictedContainer, restrictedPod } from "../kube/restricted.ts";
import { CONTROLLER_HEALTH_PORT, WEBHOOK_HEALTH_PORT, WEBHOOK_PORT } from "./cert-manager-settings.ts";

/** Nobody's on a node. Upstream's images name 1000, to whom nothing in them belongs. */
const USER = 65532;
const SETTINGS = "/etc/cert-manager";

type Container = k8s.types.input.core.v1.Container;

export interface CertManagerProgram {
  image: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** ConfigMap with `<program>.json`. */
  settings: pulumi.Input<string>;
  /** Changes when the program's settings do, which it reads at its start alone. */
  settingsVersion: string;
  priorityClass?: pulumi.Input<string>;
}

const health = (path: string, port: number) => ({ httpGet: { path, port } });

/** What differs between the three: ports, probes, and memory by what each watches. */
const differences: Record<"controller" | "webhook" | "cainjector", Partial<Container> & { memory: string }> = {
  controller: {
    memory: "256Mi",
    startupProbe: { ...health("/livez", CONTROLLER_HEALTH_PORT), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: {
      ...health("/livez", CONTROLLER_HEALTH_PORT),
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    livenessProbe: {
      ...health("/livez", CONTROLLER_HEALTH_PORT),
      periodSeconds: 10,
      timeoutSeconds: 15,
      failureThreshold: 8,
    },
  },
  webhook: {
    memory: "128Mi",
    ports: [{ name: "https", containerPort: WEBHOOK_PORT, protocol: "TCP" }],
    startupProbe: { ...health("/livez", WEBHOOK_HEALTH_PORT), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: {
      ...health("/healthz", WEBHOOK_HEALTH_PORT),
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 5,
    },
    livenessProbe: {
      ...health("/livez", WEBHOOK_HEALTH_PORT),
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
  },
  // It serves nothing to be asked at; when it fails it ends.
  cainjector: { memory: "128Mi" },
};

/** What scanners find in each, and why it stands. */
export const acceptedOfCertManager: Record<keyof typeof differences, Record<string, string>> = {
  controller: accepted({ "api-token": "it follows certificates and writes their Secrets" }),
  webhook: accepted({
    "api-token": "it keeps its authority in a Secret, and asks the API server who may approve",
    "single-replica": "while it is away nothing is lost: the controller asks again, weeks before a certificate ends",
  }),
  cainjector: accepted({
    "api-token": "it tells the API server of the webhook's authority",
    "no-probes": "it serves nothing to be asked at; when it fails it ends",
  }),
};

/**
 * One replica each. Of the two that work by themselves the old pod is gone before the new one starts, as they
 * elect no leader, and nobody notices the pause; of the webhook, which is asked, it stays until the new one answers.
 */
export function certManagerDeployment(
  program: keyof typeof differences,
  v: CertManagerProgram,
): k8s.types.input.apps.v1.DeploymentSpec {
  const app = `cert-manager-${program}`;
  const { memory, ...different } = differences[program];
  return {
    replicas: 1,
    strategy:
      program === "webhook"
        ? { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
        : { type: "Recreate" },
    revisionHistoryLimit: 1,
    progressDeadlineSeconds: 120,
    selector: { matchLabels: appSelector(app) },
    template: {
      metadata: { labels: appLabels(app), annotations: mountedVersion(v.settingsVersion) },
      spec: {
        serviceAccountName: v.serviceAccount,
        priorityClassName: v.priorityClass,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: restrictedPod(USER),
        containers: [
          {
            name: program,
            image: v.image,
            imagePullPolicy: "IfNotPresent",
            args: [`--config=${SETTINGS}/${program}.json`],
            securityContext: restrictedContainer,
            resources: {
              requests: { cpu: "10m", memory: "48Mi", "ephemeral-storage": "16Mi" },
              limits: { cpu: "1", memory, "ephemeral-storage": "64Mi" },
            },
            volumeMounts: [{ name: "settings", mountPath: SETTINGS, readOnly: true }],
            ...different,
          },
        ],
        volumes: [{ name: "settings", configMap: { name: v.settings } }],
      },
    },
  };
}
