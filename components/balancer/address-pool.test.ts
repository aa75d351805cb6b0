import { describe, expect, test } from "vitest";
import { areHostsOf, poolMistakes, upperHalf } from "./address-pool.ts";
import type { AddressPool } from "./address-pool.ts";

/** What is wrong, as `pool.entry: allowed`. */
function mistakes(...pools: AddressPool[]): string[] {
  return poolMistakes(pools).map(({ pool, entry, allowed }) => `${pool}.${entry ?? "name"}: ${allowed}`);
}

describe("pools", () => {
  test.each<[string, AddressPool[]]>([
    ["networks and ranges", [{ name: "a", addresses: ["10.0.0.16/28", "10.0.0.32-10.0.0.40"] }]],
    [
      "neighbours",
      [
        { name: "a", addresses: ["10.0.0.0-10.0.0.9"] },
        { name: "b", addresses: ["10.0.0.10-10.0.0.19"] },
      ],
    ],
    ["one address", [{ name: "a", addresses: ["10.0.0.1/32"] }]],
  ])("may be %s", (_, pools) => {
    expect(mistakes(...pools)).toEqual([]);
  });

  test.each<[string, AddressPool[], string]>([
    ["a name that is no label", [{ name: "A", addresses: ["10.0.0.1/32"] }], "0.name: a name of lower case"],
    [
      "a name twice",
      [
        { name: "a", addresses: ["10.0.0.1/32"] },
        { name: "a", addresses: ["10.0.0.2/32"] },
      ],
      '1.name: a name that no other pool has, unlike "a"',
    ],
    ["a pool without addresses", [{ name: "a", addresses: [] }], "0.name: a pool with addresses"],
    ["one address alone", [{ name: "a", addresses: ["10.0.0.1"] }], "0.0: a network such as"],
    ["a range that ends before it starts", [{ name: "a", addresses: ["10.0.0.9-10.0.0.1"] }], "0.0: a network such as"],
    [
      "a network with host bits, of which all would be taken",
      [{ name: "a", addresses: ["10.0.0.17/28"] }],
      '0.0: the network by its first address, "10.0.0.16/28"',
    ],
    [
      "addresses twice in a pool",
      [{ name: "a", addresses: ["10.0.0.0/28", "10.0.0.15-10.0.0.20"] }],
      '0.1: addresses that are in no other pool; "a" has 10.0.0.0/28',
    ],
    [
      "addresses in two pools",
      [
        { name: "a", addresses: ["10.0.0.0/28"] },
        { name: "b", addresses: ["10.0.0.8/32"] },
      ],
      '1.0: addresses that are in no other pool; "a" has 10.0.0.0/28',
    ],
  ])("may not have %s", (_, pools, mistake) => {
    expect(mistakes(...pools)).toEqual([expect.stringContaining(mistake)]);
  });

  test("are told of all at once", () => {
    expect(
      mistakes({ name: "A", addresses: ["x"] }, { name: "b", addresses: ["10.0.0.0/24", "10.0.0.0/28"] }),
    ).toHaveLength(3);
  });
});

test.each([
  ["198.19.0.0/24", "198.19.0.128-198.19.0.254"],
  ["10.0.0.16/28", "10.0.0.24-10.0.0.30"],
  ["10.0.0.0/16", "10.0.128.0-10.0.255.254"],
])("the upper half of %s is %s, all of them its hosts", (cidr, half) => {
  expect(upperHalf(cidr)).toBe(half);
  expect(areHostsOf(cidr, half)).toBe(true);
});

test.each([
  ["10.0.0.0/32", false],
  ["10.0.0.255/32", false],
  ["10.0.0.0/24", false],
  ["10.0.1.1/32", false],
  ["10.0.0.1-10.0.0.254", true],
])("whether %s are hosts of 10.0.0.0/24: %s", (addresses, are) => {
  expect(areHostsOf("10.0.0.0/24", addresses)).toBe(are);
});
