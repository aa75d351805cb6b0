import { describe, expect, test } from "vitest";
import { formatQuantity, larger, multiply, parseQuantity, plus, quantity, smaller } from "./quantity.ts";

describe("parseQuantity", () => {
  test.each([
    ["500m", 0.5],
    ["2", 2],
    ["1.5", 1.5],
    ["1Ki", 1024],
    ["4Gi", 4 * 2 ** 30],
    ["1k", 1000],
    ["1.5Gi", 1.5 * 2 ** 30],
  ])("%s is %d", (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test.each(["", "Gi", "4 Gi", "4gi", "-1", "1e3", "1.2.3", "4GiB"])("%j is none", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
    expect(() => quantity(text)).toThrow(`"${text}"`);
  });
});

test("smaller and larger compare values, not digits", () => {
  expect(smaller("900Mi", "1Gi")).toBe("900Mi");
  expect(smaller("2", "1500m")).toBe("1500m");
  expect(larger("900Mi", "1Gi")).toBe("1Gi");
});

test("multiply keeps the suffix, without the dust of binary fractions", () => {
  expect(multiply("50m", 2)).toBe("100m");
  expect(multiply("1.5Gi", 2)).toBe("3Gi");
  expect(multiply("0.1", 3)).toBe("0.3");
});

test("plus writes sums as the API server does", () => {
  expect(plus("2", "1", "cores")).toBe("3");
  expect(plus("100m", "10m", "cores")).toBe("110m");
  expect(plus("8Gi", "512Mi", "bytes")).toBe("8704Mi");
  expect(plus("1.5Gi", "512Mi", "bytes")).toBe("2Gi");
  expect(plus("0", "1", "bytes")).toBe("1");
});

test("formatQuantity speaks as people do", () => {
  expect(formatQuantity(2.5, "cores")).toBe("2.5");
  expect(formatQuantity(1.5 * 2 ** 30, "bytes")).toBe("1.5Gi");
  expect(formatQuantity(512, "bytes")).toBe("512");
});
