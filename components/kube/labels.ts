import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";

/** Labels that the portal and the policy pack look for. */
export const label = {
  /** On a namespace: the id of the workspace in it. */
  workspace: "guildnet.io/workspace",
  /** On a namespace: the id of the app in it. */
  app: "guildnet.io/app",
  /** On an app's namespace: who may open it, "private", "members" or "public". */
  visibility: "guildnet.io/visibility",
  /** On a namespace: the handle of the person it belongs to. */
  owner: "guildnet.io/owner",
  /** On a volume claim and its namespace: "kept" when removed from the program, or "disposable". */
  data: "guildnet.io/data",
  /** On the portal's namespace: the stack whose guild lives in the cluster, as `stackLabel` writes it. */
  stack: "guildnet.io/stack",
  /** On a namespace: the handle of the person whose batch jobs run in it. */
  batch: "guildnet.io/batch",
} as const;

/** Longest value of a label. */
const LABEL_LENGTH = 63;

/** Whose labels nobody else sets: the API server, the scheduler and this program act on them. */
const OTHERS = ["kubernetes.io", "k8s.io", "guildnet.io"];

/** The domain that a label's key is below, where that is one that a person sets no labels of. */
export function foreignLabel(key: string): string | undefined {
  const prefix = key.slice(0, Math.max(0, key.indexOf("/")));
  return OTHERS.find((domain) => `.${prefix}`.endsWith(`.${domain}`));
}

/** Whether a node may have a label of this key: the guild has none on nodes, nor have Pod Security and programs. */
export function isNodeLabel(key: string): boolean {
  const [prefix, name = ""] = key.includes("/") ? key.split("/") : ["", key];
  if (prefix === "kubernetes.io") return ["arch", "os", "hostname"].includes(name);
  return !["guildnet.io", "pod-security.kubernetes.io", "app.kubernetes.io"].some((domain) => `.${prefix}`.endsWith(`.${domain}`));
}

/** A stack as the value of a label: "guildnet.dev", or a hash where that is too long for one. */
export function stackLabel(project: string = pulumi.getProject(), stack: string = pulumi.getStack()): string {
  const full = `${project}.${stack}`;
  return full.length <= LABEL_LENGTH && /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(full) ? full : createHash("sha256").update(full).digest("hex").slice(0, 32);
}

/** Annotations of a Service that listens beyond its cluster. */
export const exposure = {
  /** Why it may. */
  reason: "guildnet.io/exposed",
  /** Address of the machine, other than its loopback, that an embedded node publishes it at. */
  address: "guildnet.io/exposed-address",
} as const;

/** Kubernetes' recommended labels for one of our programs. */
export function appLabels(app: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/part-of": "guildnet",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}

/** What selects the pods of a program inside its namespace; never changes, as selectors can't. */
export function appSelector(app: string): { "app.kubernetes.io/name": string } {
  return { "app.kubernetes.io/name": app };
}

/** Labels that make the API server enforce a Pod Security level on a namespace. */
export function podSecurityLabels(level: "restricted" | "privileged"): Record<string, string> {
  return Object.fromEntries(["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]));
}

/** Annotation of an object that the engine shall not wait for once it is applied. */
export const unawaited = { "pulumi.com/skipAwait": "true" };

export interface MetaArgs {
  name: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  labels?: Record<string, pulumi.Input<string>>;
  annotations?: Record<string, pulumi.Input<string>>;
}

/**
 * Metadata of an object this project owns under a fixed name.
 *
 * One field manager for all: by default each creation draws a random one, and a run that
 * was killed between applying an object and recording it would leave fields behind that
 * nobody owns any more. Forced: drift made by another tool is taken back instead of
 * ending the run with a conflict.
 */
export function objectMeta(args: MetaArgs): MetaArgs & { annotations: Record<string, pulumi.Input<string>> } {
  return {
    ...args,
    annotations: {
      "pulumi.com/patchFieldManager": "guildnet",
      "pulumi.com/patchForce": "true",
      ...args.annotations,
    },
  };
}
