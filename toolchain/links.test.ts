import { expect, it } from "vitest";
import { columns, linksBlock } from "./links.ts";

const outputs = {
  portalUrl: "https://guildnet.localhost:8090",
  people: ["ada", "you"],
  workspaces: [{ name: "you", owner: "you", url: "https://you.apps/" }, { name: "lab", owner: "ada", url: "https://lab.apps/" }],
  apps: [{ name: "wiki", owner: "ada", visibility: "members", url: "https://wiki.apps/" }],
  caCertificate: "PEM",
  signInKey: Buffer.alloc(32).toString("base64url"),
  kubeconfig: "not shown",
  notes: ["Mind the gap."],
};

it("names portal, a link for each person, each workspace, the certificate and what to know", () => {
  const block = linksBlock(outputs, "/h/ca.crt");
  expect(block.match(/sign-in\?token=/g)).toHaveLength(2);
  for (const part of [outputs.portalUrl, "lab (ada)  https://lab.apps/", "you        https://you.apps/", "wiki (members)  https://wiki.apps/", "/h/ca.crt", "Mind the gap."]) expect(block).toContain(part);
  for (const secret of [outputs.signInKey, outputs.kubeconfig]) expect(block).not.toContain(secret);
});

it("says nothing of apps where there are none", () => {
  for (const apps of [[], undefined]) expect(linksBlock({ ...outputs, apps }, "/h/ca.crt")).not.toContain("Apps");
});

it("aligns columns", () => expect(columns([["a", "bb", "c"], ["aaa", "b", ""]])).toEqual(["a    bb  c", "aaa  b"]));
