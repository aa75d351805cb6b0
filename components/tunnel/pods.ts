import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { onePod, secretVolume } from "../kube/one-pod.ts";
import { restrictedContainer } from "../kube/restricted.ts";
import { paths } from "./frp-settings.ts";
import { tunnelIdentity } from "./identity.ts";

const USER = 65532;

export interface ResolvedTunnel {
  image: pulumi.Input<string>;
  command: string[];
  priorityClass?: pulumi.Input<string>;
  /** Names of the objects it refers to. */
  serviceAccount: pulumi.Input<string>;
  settings: pulumi.Input<string>;
  tokenSecret: pulumi.Input<string>;
  /** Changes when settings or token do, so that the pod starts anew with them. Not secret. */
  mountedVersion: pulumi.Input<string>;
}

/** One at a time: a server gives a host's name to one client. */
export function tunnelDeployment(v: ResolvedTunnel): k8s.types.input.apps.v1.DeploymentSpec {
  return onePod(
    { app: tunnelIdentity.app, user: USER, mountedVersion: v.mountedVersion },
    {
      serviceAccountName: v.serviceAccount,
      priorityClassName: v.priorityClass,
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: tunnelIdentity.app,
          image: v.image,
          imagePullPolicy: "IfNotPresent",
          command: v.command,
          securityContext: restrictedContainer,
          resources: {
            requests: { cpu: "10m", memory: "24Mi", "ephemeral-storage": "8Mi" },
            limits: { cpu: "1", memory: "128Mi", "ephemeral-storage": "32Mi" },
          },
          volumeMounts: [
            { name: "settings", mountPath: paths.settings, readOnly: true },
            { name: "token", mountPath: paths.token, readOnly: true },
          ],
        },
      ],
      volumes: [{ name: "settings", configMap: { name: v.settings } }, secretVolume("token", v.tokenSecret)],
    },
  );
}
