import { expect, test } from "vitest";
import { addressIn, networkMistake } from "./cidr.ts";

test.each([
  ["10.96.0.0/16", 10, "10.96.0.10"],
  ["10.96.0.0/12", 257, "10.96.1.1"],
  ["10.96.200.7/16", 1, "10.96.0.1"],
  ["192.168.255.0/24", 255, "192.168.255.255"],
])("the address of %s at %d is %s", (cidr, n, address) => {
  expect(addressIn(cidr, n)).toBe(address);
});

test.each(["10.96.0.0", "10.96.0/16", "10.96.0.256/16", "10.96.0.0/33", "fd00::/8"])("%s is refused", (cidr) => {
  expect(() => addressIn(cidr, 1)).toThrow(cidr);
});

test("a network that is too small is refused", () => {
  expect(() => addressIn("10.0.0.0/29", 10)).toThrow("8 addresses");
});

test.each([
  ["10.96.0.0/16", undefined],
  ["0.0.0.0/0", undefined],
  ["192.0.2.7/32", undefined],
  ["10.96.0.1/16", '"10.96.0.0/16"'],
  ["10.96.0.0", "such as"],
  ["10.96.0.0/33", "such as"],
  ["10.300.0.0/16", "such as"],
])("of %s as a network it is said: %s", (cidr, said) => {
  if (said === undefined) expect(networkMistake(cidr)).toBeUndefined();
  else expect(networkMistake(cidr)).toContain(said);
});
