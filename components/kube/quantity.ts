/** Factors of the suffixes Kubernetes knows (`k8s.io/apimachinery/pkg/api/resource`). */
const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A number with at most one dot and a suffix; exponents are legal upstream and used by nobody. */
export const QUANTITY = /^(\d+(?:\.\d+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

/**
 * Value of a Kubernetes quantity in its base unit: cores for CPU, bytes for memory and storage.
 * @returns undefined when the text is no quantity
 */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (FACTORS[match[2] ?? ""] ?? NaN);
}

/** Value of a quantity known to be one. @throws when it isn't */
export function quantity(text: string): number {
  const value = parseQuantity(text);
  if (value === undefined) throw new Error(`"${text}" is not a quantity such as "500m", "2" or "4Gi"`);
  return value;
}

/** The smaller of two quantities, in the words it was given in. */
export function smaller(a: string, b: string): string {
  return quantity(a) <= quantity(b) ? a : b;
}

/** A quantity times a whole number, in the same suffix: `multiply("1.5Gi", 2)` is "3Gi". */
export function multiply(text: string, factor: number): string {
  const match = QUANTITY.exec(text);
  if (!match) throw new Error(`"${text}" is not a quantity such as "500m", "2" or "4Gi"`);
  return `${Number((Number(match[1]) * factor).toFixed(9))}${match[2] ?? ""}`;
}

/** The larger of two quantities, in the words it was given in. */
export function larger(a: string, b: string): string {
  return quantity(a) >= quantity(b) ? a : b;
}

/** Two quantities together, as Kubernetes writes them: cores as "2" or "2010m", bytes as "4608Mi". */
export function plus(a: string, b: string, unit: "cores" | "bytes"): string {
  const sum = quantity(a) + quantity(b);
  if (unit === "cores") return Number.isInteger(sum) ? String(sum) : `${Math.round(sum * 1000)}m`;
  const suffix = ["Ti", "Gi", "Mi", "Ki"].find((each) => Number.isInteger(sum / (FACTORS[each] ?? 1)));
  return suffix === undefined ? String(Math.ceil(sum)) : `${sum / (FACTORS[suffix] ?? 1)}${suffix}`;
}

/** Sum in the words of a person: cores as "2.5", bytes as "4Gi" or "1.5Gi". */
export function formatQuantity(value: number, unit: "cores" | "bytes"): string {
  if (unit === "cores") return String(Number(value.toFixed(3)));
  for (const suffix of ["Ti", "Gi", "Mi", "Ki"]) {
    const factor = FACTORS[suffix] ?? 1;
    if (value >= factor) return `${Number((value / factor).toFixed(2))}${suffix}`;
  }
  return String(value);
}
