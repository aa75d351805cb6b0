/**
 * The nth address of an IPv4 network: `addressIn("10.96.0.0/16", 10)` is "10.96.0.10".
 * @throws when the text is no IPv4 network or has fewer addresses
 */
export function addressIn(cidr: string, n: number): string {
  const parsed = parse(cidr);
  if (parsed === undefined) throw new Error(`"${cidr}" is not an IPv4 network such as "10.96.0.0/16"`);
  const size = 2 ** (32 - parsed.length);
  if (n >= size) throw new Error(`"${cidr}" has ${size} addresses, none is number ${n}`);
  const address = parsed.address - (parsed.address % size) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** What is allowed where a text is no IPv4 network written by its first address; undefined where it is one. */
export function networkMistake(cidr: string): string | undefined {
  const parsed = parse(cidr);
  if (parsed === undefined) return 'a network such as "10.96.0.0/16"';
  const first = `${addressIn(cidr, 0)}/${parsed.length}`;
  return first === cidr ? undefined : `the network by its first address, "${first}"`;
}

function parse(cidr: string): { address: number; length: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const length = Number(match?.[5]);
  if (!match || octets.some((octet) => octet > 255) || length > 32) return undefined;
  return { address: octets.reduce((sum, octet) => sum * 256 + octet, 0), length };
}
