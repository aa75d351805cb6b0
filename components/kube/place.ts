import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, label, objectMeta, podSecurityLabels, unawaited } from "./labels.ts";

/** Where the objects of one of the mesh's programs go. */
export interface Place {
  /** Prefix of the resources' names. */
  name: string;
  /** The program, as labels call it. */
  app: string;
  namespace: k8s.core.v1.Namespace;
  parent: pulumi.ComponentResource;
}

/** What becomes of a volume when the stack no longer has it. */
export type Fate = "kept" | "disposable";

/** A namespace for one program. With data to keep it stays as well, as deleting it would delete the claim. */
export function ownNamespace(name: string, args: { app: string; namespace: string; level: "restricted" | "privileged"; fate: Fate }, parent: pulumi.ComponentResource): Place {
  const namespace = new k8s.core.v1.Namespace(`${name}-namespace`, {
    metadata: objectMeta({ name: args.namespace, labels: { ...appLabels(args.app), ...podSecurityLabels(args.level), [label.data]: args.fate } }),
  }, { parent, retainOnDelete: args.fate === "kept" });
  return { name, app: args.app, namespace, parent };
}

export function metaIn(place: Place, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: place.namespace.metadata.name, labels: appLabels(place.app), annotations });
}

/** A ServiceAccount that may do nothing. */
export function powerlessAccount(place: Place): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(`${place.name}-account`, {
    metadata: metaIn(place, place.app), automountServiceAccountToken: false,
  }, { parent: place.parent });
}

export function networkPolicies(place: Place, specs: Record<string, k8s.types.input.networking.v1.NetworkPolicySpec>): k8s.networking.v1.NetworkPolicy[] {
  return Object.entries(specs).map(([name, spec]) =>
    new k8s.networking.v1.NetworkPolicy(`${place.name}-network-${name}`, { metadata: metaIn(place, `${place.app}-${name}`), spec }, { parent: place.parent }));
}

export interface VolumeArgs {
  size: pulumi.Input<string>;
  storageClass?: pulumi.Input<string>;
  fate: Fate;
}

/** A volume for what a program must not lose, called after the program. */
export function volume(place: Place, { size, storageClass, fate }: VolumeArgs): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(`${place.name}-data`, {
    metadata: objectMeta({
      name: place.app, namespace: place.namespace.metadata.name,
      labels: { ...appLabels(place.app), [label.data]: fate },
      // Not waited for: under WaitForFirstConsumer the engine would wait for "Pending", which a claim that is taken over never is again.
      annotations: unawaited,
    }),
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: storageClass, resources: { requests: { storage: size } } },
    // The class is chosen once: claims can't change theirs.
  }, { parent: place.parent, retainOnDelete: fate === "kept", ignoreChanges: ["spec.storageClassName"] });
}
