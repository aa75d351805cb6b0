import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, label, podSecurityLabels } from "./labels.ts";
import type { PodSecurityLevel } from "./labels.ts";
import { objectMeta, unawaited } from "./metadata.ts";

/** Where the objects of one program go. */
export interface Place {
  /** Prefix of its resources' names. */
  readonly name: string;
  /** The program, as labels call it. */
  readonly app: string;
  /** Name of the namespace. */
  readonly namespace: pulumi.Input<string>;
  readonly parent: pulumi.Resource;
}

/** What becomes of data when the component that made its volume is removed. */
export type Retention = "kept" | "disposable";

export function retention(keepData: boolean | undefined): Retention {
  return (keepData ?? true) ? "kept" : "disposable";
}

/** A place in a namespace that the program made for itself. */
export interface OwnPlace extends Place {
  readonly namespace: pulumi.Output<string>;
  readonly namespaceResource: k8s.core.v1.Namespace;
}

export interface NamespaceArgs {
  app: string;
  namespace: string;
  level: PodSecurityLevel;
  /** What becomes of the volumes in it. Where they are kept it is kept as well, as deleting it would delete their claims. @default it has none */
  data?: Retention;
  labels?: Record<string, pulumi.Input<string>>;
}

/** Child `<name>-namespace`. */
export function ownNamespace(
  name: string,
  { app, namespace, level, data, labels }: NamespaceArgs,
  parent: pulumi.Resource,
): OwnPlace {
  const namespaceResource = new k8s.core.v1.Namespace(
    `${name}-namespace`,
    {
      metadata: objectMeta({
        name: namespace,
        labels: { ...labels, ...appLabels(app), ...podSecurityLabels(level), ...(data && { [label.data]: data }) },
      }),
    },
    { parent, ...(data && { retainOnDelete: data === "kept" }) },
  );
  return { name, app, namespace: namespaceResource.metadata.name, namespaceResource, parent };
}

/** Metadata of an object in a place. */
export function metaIn(
  { namespace, app }: Place,
  name: pulumi.Input<string>,
  annotations: Record<string, pulumi.Input<string>> = {},
) {
  return objectMeta({ name, namespace, labels: appLabels(app), annotations });
}

/** Child `<place>-account`, called as the program is, without any right and without a token. */
export function powerlessAccount(place: Place): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(
    `${place.name}-account`,
    {
      metadata: metaIn(place, place.app),
      automountServiceAccountToken: false,
    },
    { parent: place.parent },
  );
}

export interface ClaimArgs {
  /** Name of the claim. */
  claim: string;
  size: pulumi.Input<string>;
  /** @default the cluster's default class */
  storageClass?: pulumi.Input<string>;
  data: Retention;
}

/**
 * A volume for what must not be lost.
 * @param child its resource is called `<place>-<child>`
 * @param guards applied first: a claim that grows is checked against the quota that is there
 */
export function volumeClaim(
  place: Place,
  child: string,
  { claim, size, storageClass, data }: ClaimArgs,
  guards: pulumi.Resource[] = [],
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    `${place.name}-${child}`,
    {
      metadata: objectMeta({
        name: claim,
        namespace: place.namespace,
        labels: { ...appLabels(place.app), [label.data]: data },
        // Not waited for: under WaitForFirstConsumer the engine would wait for "Pending", which a claim that is taken over never is again.
        annotations: unawaited,
      }),
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: size } },
      },
      // The class is chosen once: claims can't change theirs.
    },
    {
      parent: place.parent,
      dependsOn: guards,
      retainOnDelete: data === "kept",
      ignoreChanges: ["spec.storageClassName"],
    },
  );
}
