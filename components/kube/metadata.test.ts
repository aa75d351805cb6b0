import { expect, test } from "vitest";
import { stackLabel } from "./metadata.ts";

test.each([
  ["guildnet", "dev"],
  ["guildnet", "team_a.1"],
  ["x".repeat(60), "dev"],
  ["guildnet", "-"],
])("the label of %s, %s is one that Kubernetes takes", (project, stack) => {
  expect(stackLabel(project, stack)).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
});

test("two stacks never share a label", () => {
  const labels = [
    ["guildnet", "dev"],
    ["guildnet", "-"],
    ["guildnet", "_"],
    ["x".repeat(60), "dev"],
    ["x".repeat(61), "dev"],
  ] as const;
  expect(new Set(labels.map(([project, stack]) => stackLabel(project, stack))).size).toBe(labels.length);
});
