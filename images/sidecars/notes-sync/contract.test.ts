import * as k8s from "@pulumi/kubernetes";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readNotesConfig } from "../../notes/config.ts";
import { tokensOfFile } from "../../notes/http/tokens.ts";
import { readSyncConfig } from "./config.ts";
import { record } from "../../../components/testing/record.ts";
import { Workspace } from "../../../components/workspace/workspace.ts";
import { notesAttachment } from "../../../components/notes/attachment.ts";
import { notesHost } from "../../../components/notes/identity.ts";
import { Notes } from "../../../components/notes/notes.ts";
import type { NotesArgs } from "../../../components/notes/notes.ts";

// What the programs in the notes' image read, in their own words, against what components give them.

const authority = { certificatePem: "CA CERTIFICATE", privateKeyPem: "CA KEY" };
const image = "example.org/notes:1";
const portal = { app: "portal", namespace: "guildnet-portal" };

async function made(args: Partial<NotesArgs> = {}) {
  const all = await record(() => {
    const opts = { provider: new k8s.Provider("outer") };
    const { tokenKey, caCertificate } = new Notes(
      "it",
      { image, workspaces: [{ id: "ada-lab", owner: "ada" }], authority, portal, guildName: "Lab", ...args },
      opts,
    );
    const attachments = [notesAttachment({ image, tokenKey, caCertificate })];
    new Workspace("ada-lab", { owner: "ada", image: "example.org/workspace:1", attachments }, opts);
  });
  return <T>(name: string) => all.find((each) => each.name === name)?.inputs as T;
}

interface Pod {
  spec: {
    template: {
      spec: {
        containers: {
          name: string;
          env: { name: string; value?: string }[];
          volumeMounts: { name: string; mountPath: string }[];
        }[];
      };
    };
  };
}
type Secret = { stringData: { secret: Record<string, string> } };

function containerOf({ spec }: Pod, name: string) {
  const { env, volumeMounts } = spec.template.spec.containers.find((each) => each.name === name) ?? expect.fail(name);
  return {
    variables: Object.fromEntries(env.map((each) => [each.name, each.value])),
    folders: Object.fromEntries(volumeMounts.map((each) => [each.name, each.mountPath])),
  };
}

test("the server finds its data, its certificate, its key and its tokens where they are", async () => {
  const { variables, folders } = containerOf((await made())("it-deployment"), "notes");
  const config = readNotesConfig(variables);
  expect(config).toMatchObject({ port: 8443, healthPort: 8081, guildName: "Lab" });
  expect(folders).toMatchObject({
    data: config.dataDirectory,
    tls: config.tlsDirectory,
    keys: config.keysDirectory,
    tokens: join(config.tokensFile, ".."),
  });
});

test("the server knows a workspace by the token that it was given, and by no other", async () => {
  const named = await made();
  const folder = await mkdtemp(join(tmpdir(), "guildnet-notes-tokens-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "tokens.json");
  await writeFile(file, named<Secret>("it-tokens").stringData.secret["tokens.json"] ?? "");
  const { token = "", "git-credentials": credentials } = named<Secret>("ada-lab-notes-access").stringData.secret;
  const tokens = tokensOfFile(file);
  expect(await tokens.bearerOf(token)).toEqual({ workspace: "ada-lab", owner: "ada" });
  expect(await tokens.bearerOf(token.replace("ada-lab.", "bob."))).toBeUndefined();
  expect(credentials).toBe(`https://ada-lab:${token}@${notesHost}\n`);
  const others = await made({ workspaces: [{ id: "ada-lab", owner: "bob" }] });
  await writeFile(file, others<Secret>("it-tokens").stringData.secret["tokens.json"] ?? "");
  expect(await tokensOfFile(file).bearerOf(token), "of a workspace that is another's now").toBeUndefined();
});

test("what keeps the folders knows whose they are, and finds what it is let in by", async () => {
  const { variables, folders } = containerOf((await made())("ada-lab-deployment"), "notes");
  const { owner, folder, access, vaults } = readSyncConfig(variables);
  expect({ owner, folder }).toEqual({ owner: "ada", folder: "/home/guild/notes" });
  expect(access).toEqual({
    credentials: `${folders["notes-access"]}/git-credentials`,
    authority: `${folders["notes-authority"]}/ca.crt`,
  });
  expect(vaults.map(({ remote }) => new URL(remote).host)).toEqual([notesHost, notesHost]);
});

test("a workspace reaches the notes and nothing else of them", async () => {
  const named = await made();
  expect(named<{ spec: object }>("ada-lab-network-to-notes").spec).toMatchObject({
    egress: [{ ports: [{ port: 8443, protocol: "TCP" }] }],
  });
  expect(named<{ spec: object }>("it-network-from-workspaces").spec).toMatchObject({
    ingress: [{ ports: [{ port: 8443, protocol: "TCP" }] }],
  });
});
