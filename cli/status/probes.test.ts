import { expect, it } from "vitest";
import { answersAt, notProbed } from "./probes.ts";

const outputs = {
  portalUrl: "https://p",
  people: ["ada"],
  workspaces: [],
  caCertificate: "GUILD",
  signInKey: "key",
  kubeconfig: "kubeconfig",
};

it("knows whose pods answer where", () => {
  const portal = { what: "portal", component: { type: "Portal" }, url: "https://p" },
    lab = { what: "workspace lab", component: { type: "Workspace", name: "lab" }, url: "https://lab" };
  expect(answersAt({ type: "Portal", name: "portal" }, portal)).toBe(true);
  expect(answersAt({ type: "Workspace", name: "lab" }, lab)).toBe(true);
  expect(answersAt({ type: "Workspace", name: "other" }, lab)).toBe(false);
  expect(answersAt({ type: "App", name: "lab" }, lab)).toBe(false);
  expect(answersAt(undefined, lab)).toBe(false);
});

it("warns of a stack that an earlier version brought up, of whose addresses nothing is known", () => {
  expect(notProbed(outputs)).toMatchObject([{ what: "addresses", healthy: true, warning: true }]);
  expect(notProbed({ ...outputs, probes: [] })).toEqual([]);
});
