import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../pod/logging.ts";
import { registerGit, repositoryOf } from "./by-git.ts";
import { signedIdentities } from "./http/identity.ts";
import { notesApp } from "./http/notes-app.ts";
import { digest, tokensOfFile } from "./http/tokens.ts";
import { Vaults } from "./http/vaults.ts";
import { KEY } from "./testing/notes-server.ts";
import { git } from "./testing/remote.ts";
import { scratchFolder } from "./testing/scratch.ts";

/** The notes' server with its vaults' repositories, and one workspace each of two people. */
async function served() {
  const folder = await scratchFolder(),
    dataDirectory = join(folder, "data"),
    tokensFile = join(folder, "tokens.json");
  const bearers = { one: { workspace: "ada", owner: "ada" }, two: { workspace: "grace", owner: "grace" } };
  await writeFile(
    tokensFile,
    JSON.stringify(Object.entries(bearers).map(([token, bearer]) => ({ ...bearer, sha256: digest(token) }))),
  );
  const vaults = new Vaults({
    folder: dataDirectory,
    quietMs: 50,
    longestMs: 200,
    remoteOf: (vault) => repositoryOf(dataDirectory, vault),
  });
  const tokens = tokensOfFile(tokensFile),
    errors: unknown[] = [];
  const app = await notesApp({
    vaults,
    tokens,
    identities: signedIdentities(KEY),
    guildName: "Test guild",
    log: createLog("silent"),
  });
  registerGit(app, { dataDirectory, vaults, tokens, onError: (error) => void errors.push(error) });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await app.close();
    await vaults.close();
  });
  const { port } = app.server.address() as AddressInfo;
  const clone = async (token: string, vault: string): Promise<string> => {
    const copy = join(folder, `${token}-${vault}`);
    await mkdir(copy);
    await git(copy, "clone", "--quiet", `http://x:${token}@127.0.0.1:${port}/git/${vault}.git`, ".");
    await git(copy, "symbolic-ref", "HEAD", "refs/heads/main");
    return copy;
  };
  const commit = async (copy: string, path: string, text: string): Promise<void> => {
    await writeFile(join(copy, path), text);
    await git(copy, "add", "--", path);
    await git(copy, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", path);
  };
  return { vaults, errors, clone, commit };
}

const slow = { timeout: 20_000 };

test("what a workspace pushes is found at the server, and what is written there a workspace pulls", async () => {
  const { vaults, errors, clone, commit } = await served();
  const copy = await clone("one", "guild");
  await commit(copy, "Garden.md", "# Garden\n\nwater the tomatoes\n");
  await git(copy, "push", "--quiet", "origin", "main");
  const guild = (await vaults.for("grace", "guild"))!;
  await expect.poll(() => guild.vault.search("tomatoes").map(({ path }) => path), slow).toEqual(["Garden.md"]);

  await guild.create("Roof.md", "# Roof\n", { name: "grace", email: "grace@guildnet.local" });
  await expect
    .poll(async () => {
      await git(copy, "pull", "--quiet", "--ff-only", "origin", "main");
      return await readFile(join(copy, "Roof.md"), "utf8").catch(() => undefined);
    }, slow)
    .toBe("# Roof\n");
  expect(errors).toEqual([]);
});

test("a person's own vault is theirs alone", async () => {
  const { clone, commit } = await served();
  const copy = await clone("one", "~ada");
  await commit(copy, "diary.md", "private\n");
  await git(copy, "push", "--quiet", "origin", "main");
  await expect(clone("two", "~ada")).rejects.toThrow(/not found/);
  await expect(clone("three", "guild")).rejects.toThrow(/Authentication failed|could not read/);
});
