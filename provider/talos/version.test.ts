import { expect, test } from "vitest";
import { atLeast } from "./version.ts";

test.each([
  ["v1.13.0", "1.13.0", true],
  ["v1.13.0-alpha.3", "1.13.0", true],
  ["v1.12.9", "1.13.0", false],
  ["v2.0.0", "1.13.5", true],
  ["v1.13.4-next", "1.13.5", false],
  ["v1.9.10", "1.10.0", false],
])("%s is at least %s: %s", (tag, wanted, is) => expect(atLeast(tag, wanted)).toBe(is));
