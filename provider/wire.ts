/**
 * Values between the engine and this provider. The engine marks secrets, and outputs whose
 * dependencies it knows, by objects with a signature; see the SDK's `runtime/rpc.ts`.
 */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** Stands for a value that is not known before other resources are made. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Plain = string | number | boolean | null | undefined | Plain[] | { [key: string]: Plain };

/** The same value with the wrappers of secrets and outputs taken off, at any depth. */
export function unwrap(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(unwrap);
  if (value === null || typeof value !== "object") return value;
  const signature = value[signatureKey];
  if (signature === secretSignature) return unwrap(value.value);
  if (signature === outputSignature) return "value" in value ? unwrap(value.value) : unknownValue;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unwrap(child)]));
}

/** Marks a value as secret, so that the engine encrypts it in its state. */
export function secret(value: string): Plain {
  return { [signatureKey]: secretSignature, value };
}

/** Whether any part of an unwrapped value is not known yet. */
export function hasUnknown(value: Plain): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

export function isUnknown(value: Plain): boolean {
  return value === unknownValue;
}

/** Deep equality of unwrapped values; a missing key equals an undefined one. */
export function equal(a: Plain, b: Plain): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (isRecord(a) && isRecord(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
  return (a ?? undefined) === (b ?? undefined);
}

function isRecord(value: Plain): value is { [key: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
