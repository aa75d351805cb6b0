import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "../labels.ts";
import { CONTROLLER_HEALTH_PORT, WEBHOOK_HEALTH_PORT, WEBHOOK_PORT } from "./cert-manager-settings.ts";
import { restrictedContainer, restrictedPod } from "./restricted.ts";

/** The user upstream's images name. */
const USER = 1000;
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
    livenessProbe: { ...health("/livez", CONTROLLER_HEALTH_PORT), periodSeconds: 10, timeoutSeconds: 15, failureThreshold: 8 },
  },
  webhook: {
    memory: "128Mi",
    ports: [{ name: "https", containerPort: WEBHOOK_PORT, protocol: "TCP" }],
    startupProbe: { ...health("/livez", WEBHOOK_HEALTH_PORT), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...health("/healthz", WEBHOOK_HEALTH_PORT), periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 5 },
    livenessProbe: { ...health("/livez", WEBHOOK_HEALTH_PORT), periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
  },
  // It serves nothing to be asked at; when it fails it ends.
  cainjector: { memory: "128Mi" },
};

/** One replica, and the old pod gone before the new one starts: they elect no leader. A pause in what they do is noticed by nobody. */
export function certManagerDeployment(program: keyof typeof differences, v: CertManagerProgram): k8s.types.input.apps.v1.DeploymentSpec {
  const app = `cert-manager-${program}`;
  const { memory, ...different } = differences[program];
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    revisionHistoryLimit: 1,
    progressDeadlineSeconds: 120,
    selector: { matchLabels: appSelector(app) },
    template: {
      metadata: { labels: appLabels(app), annotations: { "guildnet.io/mounted": v.settingsVersion } },
      spec: {
        serviceAccountName: v.serviceAccount,
        priorityClassName: v.priorityClass,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: restrictedPod(USER),
        containers: [{
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
        }],
        volumes: [{ name: "settings", configMap: { name: v.settings } }],
      },
    },
  };
}
