/** First and last address of an IPv4 network, as numbers; the text may name any address of it. */
export function rangeOf(cidr: string): { first: number; last: number } {
  const [address = "", length = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  const named = numberOf(address);
  const first = named - (named % size);
  return { first, last: first + size - 1 };
}

/** Whether any address is in both networks. */
export function overlap(a: string, b: string): boolean {
  const one = rangeOf(a),
    other = rangeOf(b);
  return one.first <= other.last && other.first <= one.last;
}

/** The nth address of an IPv4 network: `addressIn("10.96.0.0/16", 10)` is "10.96.0.10". */
export function addressIn(cidr: string, n: number): string {
  const address = rangeOf(cidr).first + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
