import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSigningKeys } from "./signing-keys.ts";

async function keys(session: string, signIn = "A".repeat(43)): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "guildnet-portal-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "session"), session);
  await writeFile(join(directory, "sign-in"), signIn);
  return directory;
}

test("keys are 32 bytes behind base64url, a closing line feed allowed", async () => {
  const read = await readSigningKeys(await keys(`${Buffer.alloc(32, 7).toString("base64url")}\n`));
  expect(read.session).toEqual(Buffer.alloc(32, 7));
  expect(read.signIn).toHaveLength(32);
});

test.each(["", "short", "canary!".repeat(20), "A".repeat(42)])("%j is refused without being quoted", async (text) => {
  const refusal: unknown = await readSigningKeys(await keys(text)).catch((error: unknown) => error);
  expect(String(refusal)).toMatch(/session must hold at least 32 random bytes/);
  expect(String(refusal)).not.toContain("canary");
});
