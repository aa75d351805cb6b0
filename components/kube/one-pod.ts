import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, appSelector } from "./labels.ts";
import { mountedVersion } from "./metadata.ts";
import { restrictedPod } from "./restricted.ts";

export interface OnePod {
  /** As labels call it. */
  app: string;
  /** User of its image, whom its volumes belong to. */
  user: number;
  /** Changes when something does that it mounts and reads at its start alone. Not secret. */
  mountedVersion: pulumi.Input<string>;
  /** Seconds after which a pod that isn't ready is told as a failure. @default 120 */
  deadlineSeconds?: number;
  /** Whether the new pod starts before the old one is gone, which nothing that writes to a volume may. @default false */
  overlapping?: boolean;
}

/**
 * A Deployment of one pod under the *restricted* standard, without a token of the cluster's.
 * @param pod what else is in it, in Kubernetes' own words, which stand before these
 */
export function onePod(
  { app, user, mountedVersion: version, deadlineSeconds = 120, overlapping = false }: OnePod,
  pod: k8s.types.input.core.v1.PodSpec,
): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: 1,
    ...(!overlapping && { strategy: { type: "Recreate" } }),
    revisionHistoryLimit: 1,
    progressDeadlineSeconds: deadlineSeconds,
    selector: { matchLabels: appSelector(app) },
    template: {
      metadata: { labels: appLabels(app), annotations: mountedVersion(version) },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(user),
        ...pod,
      },
    },
  };
}

/** All of a Secret, read by root and the pod's user alone. */
export function secretVolume(name: string, secretName: pulumi.Input<string>): k8s.types.input.core.v1.Volume {
  return { name, secret: { secretName, defaultMode: 0o440 } };
}

/** What `automountServiceAccountToken` would mount into every container, for the one that asks the API server. */
export const apiAccess = {
  volume: {
    name: "api-access",
    projected: {
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  },
  mount: { name: "api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
};
