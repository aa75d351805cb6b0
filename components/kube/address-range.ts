/** IPv4 addresses one after another, first and last included, as numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Addresses of a network such as "192.168.1.0/24", of a range such as "192.168.1.240-192.168.1.250"; undefined where a text is neither. */
export function parseRange(text: string): AddressRange | undefined {
  if (text.includes("/")) return parseNetwork(text);
  const [first, last, ...more] = text.split("-").map((part) => numberOf(part.trim()));
  return first === undefined || last === undefined || more.length > 0 || first > last ? undefined : { first, last };
}

function parseNetwork(text: string): AddressRange | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const named = numberOf(address);
  if (named === undefined || more.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const size = 2 ** (32 - Number(length));
  const first = named - (named % size);
  return { first, last: first + size - 1 };
}

/** The same of a text that was checked before. @throws when it is neither */
export function rangeOf(text: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`"${text}" is neither a network nor a range of addresses`);
  return range;
}

/** Whether any address is in both. */
export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether every address of the second is in the first. */
export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** The range as text, for instance "192.168.1.240-192.168.1.250". */
export function formatRange({ first, last }: AddressRange): string {
  return `${addressOf(first)}-${addressOf(last)}`;
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

function numberOf(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  const octets = address.split(".").map(Number);
  return octets.some((octet) => octet > 255) ? undefined : octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
