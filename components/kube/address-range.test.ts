import { expect, test } from "vitest";
import { contains, formatRange, parseRange, rangeOf, rangesOverlap } from "./address-range.ts";

test.each([
  ["192.168.1.0/24", "192.168.1.0-192.168.1.255"],
  ["192.168.1.77/24", "192.168.1.0-192.168.1.255"],
  ["10.0.0.1-10.0.1.2", "10.0.0.1-10.0.1.2"],
  [" 10.0.0.1 - 10.0.0.1 ", "10.0.0.1-10.0.0.1"],
  ["255.255.255.255/32", "255.255.255.255-255.255.255.255"],
  ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
])("%s is %s", (text, range) => {
  expect(formatRange(rangeOf(text))).toBe(range);
});

test.each([
  "",
  "10.0.0.1",
  "10.0.0.2-10.0.0.1",
  "10.0.0.1-10.0.0.2-10.0.0.3",
  "10.0.0.256-10.0.1.1",
  "10.0.0.0/33",
  "10.1-10.2",
  "fd00::1-fd00::2",
  "fd00::/64",
  "a-b",
])("%j is no range", (text) => {
  expect(parseRange(text)).toBeUndefined();
  expect(() => rangeOf(text)).toThrow("neither");
});

test("ranges that touch at one address overlap, and neighbours don't", () => {
  const [a, b, c] = [rangeOf("10.0.0.0-10.0.0.9"), rangeOf("10.0.0.9-10.0.0.20"), rangeOf("10.0.0.10-10.0.0.20")];
  expect([rangesOverlap(a, b), rangesOverlap(b, a), rangesOverlap(a, c)]).toEqual([true, true, false]);
  expect([contains(rangeOf("10.0.0.0/24"), b), contains(b, c), contains(a, b)]).toEqual([true, true, false]);
});
