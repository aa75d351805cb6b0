/**
 * The nth address of an IPv4 network: `addressIn("10.96.0.0/16", 10)` is "10.96.0.10".
 * @throws when the text is no IPv4 network or has fewer addresses
 */
export function addressIn(cidr: string, n: number): string {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const length = Number(match?.[5]);
  if (!match || octets.some((octet) => octet > 255) || length > 32) {
    throw new Error(`"${cidr}" is not an IPv4 network such as "10.96.0.0/16"`);
  }
  const size = 2 ** (32 - length);
  if (n >= size) throw new Error(`"${cidr}" has ${size} addresses, none is number ${n}`);
  const network = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const address = network - (network % size) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
