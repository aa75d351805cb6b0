import { expect, test } from "vitest";
import { privilegedNamespaces as ofThePolicy } from "../../policy/src/privileged-namespaces.ts";
import { privilegedNamespaces } from "./privileged-namespaces.ts";

test("the policy pack lists the same exceptions, each with a reason", () => {
  expect(privilegedNamespaces.map(({ name }) => name)).toEqual([...ofThePolicy.keys()]);
  for (const reason of [...ofThePolicy.values(), ...privilegedNamespaces.map((entry) => entry.reason)]) expect(reason.length).toBeGreaterThan(20);
});
