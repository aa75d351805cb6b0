import ipaddr from "ipaddr.js";

/** Whether two IPv4 networks have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [addressA, lengthA] = ipaddr.IPv4.parseCIDR(a);
  const [addressB, lengthB] = ipaddr.IPv4.parseCIDR(b);
  const shorter = Math.min(lengthA, lengthB);
  return addressA.match(addressB, shorter);
}
