// No import: the policy pack's bundle has this file in it.

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
  /** On a pod that makes or removes a volume, and on nothing else: `npm run up` looks for those that could not. */
  volumeHelper: "guildnet.io/volume-helper",
} as const;

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
  return !["guildnet.io", "pod-security.kubernetes.io", "app.kubernetes.io"].some((domain) =>
    `.${prefix}`.endsWith(`.${domain}`),
  );
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

/** Levels of Pod Security that namespaces of ours have. */
export type PodSecurityLevel = "restricted" | "privileged";

/** Label of a namespace with the level of Pod Security that the API server enforces there. */
export const enforcedLevel = "pod-security.kubernetes.io/enforce";

/** Labels that make the API server enforce a Pod Security level on a namespace, and tell of what is against it. */
export function podSecurityLabels(level: PodSecurityLevel): Record<string, string> {
  return {
    [enforcedLevel]: level,
    "pod-security.kubernetes.io/audit": level,
    "pod-security.kubernetes.io/warn": level,
  };
}
