import { expect, it } from "vitest";
import { createAuthority } from "../provider/pki/x509.ts";
import { columns, linksBlock } from "./links.ts";

const { certificatePem } = await createAuthority("GuildNet CA", 1, {
  dnsNames: ["guildnet.localhost"],
  ipAddresses: [],
});
const outputs = {
  portalUrl: "https://guildnet.localhost:8090",
  people: ["you", "ada"],
  admins: ["ada"],
  workspaces: [
    { name: "you", owner: "you", url: "https://you.apps/" },
    { name: "lab", owner: "ada", url: "https://lab.apps/" },
  ],
  apps: [{ name: "wiki", owner: "ada", visibility: "members", url: "https://wiki.apps/" }],
  caCertificate: certificatePem,
  signInKey: Buffer.alloc(32).toString("base64url"),
  kubeconfig: "not shown",
  notes: ["Mind the gap."],
};

it("names portal, a link for the operator alone, each workspace, the certificate and what to know", () => {
  const block = linksBlock(outputs, "/h/ca.crt", "dev");
  expect(block.match(/ +(\w+) +https:\S+sign-in\?token=/g)).toEqual([expect.stringContaining("  ada ")]);
  for (const part of [
    "`npm run link -- <person>`",
    outputs.portalUrl,
    "lab (ada)  https://lab.apps/",
    "you        https://you.apps/",
    "wiki (members)  https://wiki.apps/",
    "/h/ca.crt",
    "Mind the gap.",
  ])
    expect(block).toContain(part);
  for (const secret of [outputs.signInKey, outputs.kubeconfig]) expect(block).not.toContain(secret);
});

it("says nothing of apps where there are none", () => {
  for (const apps of [[], undefined])
    expect(linksBlock({ ...outputs, apps }, "/h/ca.crt", "dev")).not.toContain("Apps");
});

it("aligns columns", () =>
  expect(
    columns([
      ["a", "bb", "c"],
      ["aaa", "b", ""],
    ]),
  ).toEqual(["a    bb  c", "aaa  b"]));

it("prints a link for the first person where nobody is an admin, and what belongs to another stack", () => {
  const block = linksBlock({ ...outputs, admins: [] }, "/h/ca.crt", "lab");
  expect(block.match(/ +(\w+) +https:\S+sign-in\?token=/g)).toEqual([expect.stringContaining("  you ")]);
  expect(block).toContain("`npm run link -- --stack lab <person>`");
});

it("tells of an authority that could sign for any name, and how to replace it", async () => {
  const told = "--replace 'urn:pulumi:lab::guildnet::guildnet:index:CertificateAuthority::authority'";
  expect(linksBlock(outputs, "/h/ca.crt", "lab")).not.toContain(told);
  const { certificatePem: unbound } = await createAuthority("GuildNet CA", 1);
  expect(linksBlock({ ...outputs, caCertificate: unbound }, "/h/ca.crt", "lab")).toContain(told);
});
