import { expect, test } from "vitest";
import { addressIn } from "./cidr.ts";

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
