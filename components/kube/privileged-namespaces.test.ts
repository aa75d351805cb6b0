import { expect, test } from "vitest";
import { privilegedNamespaces } from "./privileged-namespaces.ts";

test("every exception is there once, with a reason", () => {
  const names = privilegedNamespaces.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { reason } of privilegedNamespaces) expect(reason.length).toBeGreaterThan(20);
});
