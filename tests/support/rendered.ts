import type { Registered } from "../../components/testing/record.ts";

/** A Kubernetes object as a file would hold it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
}

/** The Kubernetes objects among resources; what is secret stands in them as its mock's own text. A Helm release is none: its objects are known to its chart. */
export function renderedObjects(registered: readonly Registered[]): KubernetesObject[] {
  return registered
    .filter(({ type, custom }) => custom && type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/"))
    .map(({ inputs }) => revealed(inputs) as KubernetesObject);
}

/** The value with what a secret holds in the secret's place. Of a projected volume's source, `secret` is the kind. */
function revealed(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((entry) => revealed(entry, key));
  if (typeof value !== "object" || value === null) return value;
  if (key !== "sources" && "secret" in value && Object.keys(value).length === 1) return revealed(value.secret);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revealed(inner, name)]));
}

/** One file for tools that read manifests. */
export function listOf(objects: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}

interface Probe {
  periodSeconds?: number;
  failureThreshold?: number;
}
interface Container {
  name: string;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

/** The containers of a Deployment; of other objects, none. */
export function containersOf(object: KubernetesObject): Container[] {
  const { spec } = object as { spec?: { template?: { spec?: { containers?: Container[] } } } };
  return spec?.template?.spec?.containers ?? [];
}
