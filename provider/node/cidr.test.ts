import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressIn, overlap, rangeOf } from "./cidr.ts";

const octet = fc.nat(255);
const network = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }))
  .map(([a, b, c, d, length]) => `${a}.${b}.${c}.${d}/${length}`);

describe("addressIn", () => {
  test.each([
    ["10.96.0.0/16", 10, "10.96.0.10"],
    ["10.0.0.240/28", 10, "10.0.0.250"],
    ["10.0.1.16/28", 1, "10.0.1.17"],
    ["10.96.0.250/16", 10, "10.96.0.10"],
    ["10.0.0.0/16", 256, "10.0.1.0"],
    ["0.0.0.0/0", 2 ** 32 - 1, "255.255.255.255"],
    ["255.255.255.255/32", 0, "255.255.255.255"],
  ])("of %s, number %i is %s", (cidr, n, address) => {
    expect(addressIn(cidr, n)).toBe(address);
  });
});

describe("overlap", () => {
  test.each([
    ["10.244.0.0/16", "10.245.0.0/16", false],
    ["10.244.0.0/16", "10.244.255.0/24", true],
    ["10.0.0.0/8", "10.96.0.0/16", true],
    ["128.0.0.0/1", "127.0.0.0/8", false],
  ])("of %s and %s is %s", (a, b, expected) => {
    expect([overlap(a, b), overlap(b, a)]).toEqual([expected, expected]);
  });

  test("holds exactly where one network contains the other's first address", () => {
    fc.assert(
      fc.property(network, network, (a, b) => {
        const contains = (outer: string, inner: string): boolean =>
          rangeOf(inner).first >= rangeOf(outer).first && rangeOf(inner).first <= rangeOf(outer).last;
        expect(overlap(a, b)).toBe(contains(a, b) || contains(b, a));
      }),
    );
  });
});
