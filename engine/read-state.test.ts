import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { Keyring, passphraseOf } from "./passphrase.ts";
import { readState } from "./read-state.ts";
import { stateFiles, type StateFiles } from "./state-folder.ts";

const scratch = useScratch();
const bytes = randomBytes(8),
  key = pbkdf2Sync("right", bytes, 1_000_000, 32, "sha256");
const salt = `v1:${bytes.toString("base64")}:${sealed("pulumi")}`;
const urn = "urn:pulumi:dev::p::t:m:T::one";
let files: StateFiles;

/** As the engine does it. */
function sealed(text: string): string {
  const nonce = randomBytes(12),
    cipher = createCipheriv("aes-256-gcm", key, nonce);
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${ciphertext.toString("base64")}`;
}

const secret = (ciphertext: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext,
});
const state = (ciphertext: string) =>
  JSON.stringify({
    version: 3,
    checkpoint: {
      latest: {
        secrets_providers: { type: "passphrase", state: { salt } },
        resources: [{ urn, type: "t:m:T", outputs: { list: [{ key: secret(ciphertext) }] } }],
      },
    },
  });
const keyring = (env: NodeJS.ProcessEnv = { PULUMI_CONFIG_PASSPHRASE: "right" }) =>
  new Keyring(passphraseOf(scratch.home, env));

/** One bit of it turned. */
function flipped(ciphertext: string): string {
  const [version, nonce, text = ""] = ciphertext.split(":"),
    turned = Buffer.from(text, "base64");
  turned[0]! ^= 1;
  return `${version}:${nonce}:${turned.toString("base64")}`;
}

beforeEach(() => {
  files = stateFiles(scratch.home, "p", "dev");
  for (const folder of [dirname(files.checkpoint), files.history]) mkdirSync(folder, { recursive: true });
});

describe("a state read without an engine", () => {
  it("has its secrets in plain, at any depth", async () => {
    writeFileSync(files.checkpoint, state(sealed('{"a":"ü"}')));
    expect((await readState(files, keyring()))?.deployment.resources).toEqual([
      { urn, type: "t:m:T", outputs: { list: [{ key: { a: "ü" } }] } },
    ]);
  });

  it("may be of a stack of nothing, or of secrets that another provider has", async () => {
    writeFileSync(files.checkpoint, JSON.stringify({ version: 3, checkpoint: {} }));
    expect(await readState(files, keyring())).toEqual({ deployment: {} });
    writeFileSync(
      files.checkpoint,
      JSON.stringify({ version: 3, checkpoint: { latest: { secrets_providers: { type: "cloud" } } } }),
    );
    expect(await readState(files, keyring())).toBeUndefined();
  });

  it("with a damaged secret is refused, by resource, place and file, and with the copy to go on from", async () => {
    const good = sealed('"a"'),
      copy = join(files.history, "dev-1.checkpoint.json");
    writeFileSync(files.checkpoint, state(flipped(good)));
    writeFileSync(copy, state(good));
    writeFileSync(join(files.history, "dev-2.checkpoint.json"), state(flipped(good)));
    const reading = readState(files, keyring());
    await expect(reading).rejects.toMatchObject({ name: "UserError", code: "state-secret-damaged" });
    await expect(reading).rejects.toThrow(`outputs.list.0.key of ${urn}`);
    await expect(reading).rejects.toThrow(`cp ${copy} ${files.checkpoint}`);
  });
});

describe("a passphrase that is not the state's", () => {
  beforeEach(() => writeFileSync(files.checkpoint, state(sealed('"a"'))));

  it.each<[string, (file: string) => NodeJS.ProcessEnv, RegExp]>([
    [
      "by a variable",
      () => ({ PULUMI_CONFIG_PASSPHRASE: "" }),
      /the variable PULUMI_CONFIG_PASSPHRASE\..*[^]*unset the variable/,
    ],
    [
      "by a file that a variable names",
      (file) => ({ PULUMI_CONFIG_PASSPHRASE_FILE: file }),
      /the file .*other \(by the variable PULUMI_CONFIG_PASSPHRASE_FILE\)[^]*unset the variable/,
    ],
    ["of this home", () => ({}), /home\/passphrase[^]*PULUMI_CONFIG_PASSPHRASE_FILE/],
  ])("%s is named, and what to do", async (_what, env, words) => {
    const file = join(scratch.path, "other");
    writeFileSync(file, "other\n");
    await expect(readState(files, keyring(env(file)))).rejects.toThrow(words);
    await expect(readState(files, keyring(env(file)))).rejects.toMatchObject({
      name: "UserError",
      code: "wrong-passphrase",
    });
  });

  it("is none where the file has a line end more", async () => {
    const file = join(scratch.path, "mine");
    writeFileSync(file, " right\n");
    expect(await readState(files, keyring({ PULUMI_CONFIG_PASSPHRASE_FILE: file }))).toBeDefined();
  });
});
