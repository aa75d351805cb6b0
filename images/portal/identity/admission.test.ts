import { expect, test } from "vitest";
import { MemoryWorkspaces } from "../guild/memory-workspaces.ts";
import { findApp } from "./admission.ts";

test.each([
  ["ada", "ada", "ide"],
  ["web--ada", "ada", "web"],
  ["a-b--ada", "ada", "a-b"],
  ["shop", "shop", "app"],
  ["admin--shop", "shop", "admin"],
  ["one--two", "one--two", "ide"],
])("%s leads to %s, %s", (label, id, port) => {
  const directory = new MemoryWorkspaces();
  for (const each of ["ada", "web--ada", "one--two"]) directory.put({ id: each, owner: "somebody", state: "running" });
  directory.put({ id: "shop", owner: "somebody", visibility: "private", state: "running" });
  expect(findApp(directory, label)).toMatchObject({ workspace: { id }, port });
});

test.each(["", "bob", "web--bob", "--ada", "web--"])("%s leads nowhere", (label) => {
  const directory = new MemoryWorkspaces();
  directory.put({ id: "ada", owner: "ada", state: "running" });
  expect(findApp(directory, label)).toBeUndefined();
});
