import { expect, it } from "vitest";
import { answersAt, publishedAddresses } from "./published.ts";

const outputs = {
  portalUrl: "https://p", people: ["ada"], caCertificate: "GUILD", signInKey: "key", kubeconfig: "kubeconfig",
  workspaces: [{ name: "lab", owner: "ada", url: "https://lab" }],
  apps: [{ name: "wiki", owner: "ada", visibility: "members", url: "https://wiki" }],
};

it("names every address of a stack with whom to trust there", () => {
  const mesh = { loginServer: "https://m", caCertificate: "MESH" };
  expect(publishedAddresses({ ...outputs, mesh }).map(({ what, url, authority }) => [what, url, authority])).toEqual([
    ["portal", "https://p", "GUILD"], ["mesh server", "https://m", "MESH"], ["workspace lab", "https://lab", "GUILD"], ["app wiki", "https://wiki", "GUILD"],
  ]);
});

it("names none of a mesh that has none of its own", () => {
  for (const mesh of [undefined, null, { routes: "10.96.0.0/16" }]) expect(publishedAddresses({ ...outputs, mesh }).map(({ what }) => what)).not.toContain("mesh server");
});

it("knows whose workload answers where", () => {
  const [portal, lab] = publishedAddresses(outputs);
  expect(answersAt({ type: "Portal", name: "portal" }, portal!)).toBe(true);
  expect(answersAt({ type: "Workspace", name: "lab" }, lab!)).toBe(true);
  expect(answersAt({ type: "Workspace", name: "other" }, lab!)).toBe(false);
  expect(answersAt(undefined, lab!)).toBe(false);
});
