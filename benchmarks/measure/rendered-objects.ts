/** What of an exported state matters here. */
export interface ExportedState {
  readonly deployment: {
    readonly resources?: readonly { readonly type: string; readonly inputs?: Readonly<Record<string, unknown>> }[];
  };
}

/** By which the engine marks a secret: `sdk/go/common/resource/sig`. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** The Kubernetes objects of a state exported with its secrets shown, as kubectl takes them, what others need first. */
export function renderedObjects({ deployment }: ExportedState): object[] {
  return (deployment.resources ?? [])
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && inputs !== undefined)
    .map(({ inputs }) => plain(inputs) as object);
}

/** The value with every secret in plain text. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) return plain(JSON.parse((value as unknown as { plaintext: string }).plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
