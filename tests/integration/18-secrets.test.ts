import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clusterFolder, guildnet, home, kubectl, mustGuildnet, outputs, root } from "../support/guildnet.ts";

/** Everything written by runs of the tests' stack that is not the secrets' own place. */
const artefacts = [join(home, "state"), join(home, "stacks"), join(home, "logs"), join(clusterFolder, "log"), join(clusterFolder, "data", "etcd"), join(root, "Pulumi.yaml"), join(root, "Pulumi.dev.yaml")];

describe("the stack's secrets", () => {
  test("are found in no state, history, log, audit record, database or output, in no spelling", async () => {
    const canaries = await secrets();
    expect(canaries.length).toBeGreaterThan(4);
    const said = [await mustGuildnet("up"), (await guildnet("pulumi", ["preview", "--diff"])).all, (await guildnet("pulumi", ["stack", "history", "--json"])).all, (await guildnet("pulumi", ["stack", "export"])).all, await kubectl("get", "events,deployments,pods,configmaps", "--all-namespaces", "--output", "yaml")];
    const files = artefacts.flatMap(filesBelow);
    expect(files.length).toBeGreaterThan(20);
    const found = canaries.flatMap(({ name, spellings }) => [
      ...said.flatMap((text, index) => (spellings.some((spelling) => text.includes(spelling)) ? [`${name} in output ${index}`] : [])),
      ...files.flatMap((file) => (containsAny(file, spellings) ? [`${name} in ${file}`] : [])),
    ]);
    expect(found).toEqual([]);
  });

  test("would be found: the search sees what is there", async () => {
    const { kubeconfig } = await outputs();
    const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
    expect(containsAny(join(clusterFolder, "kubeconfig"), spellingsOf(Buffer.from(key, "base64").toString()))).toBe(true);
  });

  test("have files that only their owner can read", () => {
    for (const path of ["pki", "kubeconfig", "etc/encryption.yaml", "etc/admin.kubeconfig", "pki/ca.key", "data/etcd"]) expect(statSync(join(clusterFolder, path)).mode & 0o077, path).toBe(0);
    if (existsSync(join(home, "passphrase"))) expect(statSync(join(home, "passphrase")).mode & 0o077).toBe(0);
  });
});

interface Canary { name: string; spellings: string[] }

/** What must not leak: the keys of portal and workspaces, the administrator's key, the passphrase. */
async function secrets(): Promise<Canary[]> {
  const { signInKey, kubeconfig } = await outputs();
  const portal = JSON.parse(await kubectl("get", "secret", "--namespace", "guildnet-portal", "keys", "--output", "jsonpath={.data}")) as Record<string, string>;
  const tls = JSON.parse(await kubectl("get", "secret", "--namespace", "guildnet-portal", "tls", "--output", "jsonpath={.data}")) as Record<string, string>;
  const ide = JSON.parse(await kubectl("get", "secret", "--namespace", "ws-ada", "ide-access", "--output", "jsonpath={.data}")) as Record<string, string>;
  const plain = (value: string | undefined): string => Buffer.from(value ?? "", "base64").toString();
  const all = {
    "sign-in key": signInKey,
    "session key": plain(portal.session),
    "IDE session": plain(ide.session),
    "portal's private key": plain(tls["tls.key"]),
    "administrator's private key": plain(/client-key-data: (\S+)/.exec(kubeconfig)?.[1]),
    ...(existsSync(join(home, "passphrase")) ? { passphrase: readFileSync(join(home, "passphrase"), "utf8").trim() } : {}),
  };
  for (const [name, value] of Object.entries(all)) expect(value.length, name).toBeGreaterThan(15);
  return Object.entries(all).map(([name, value]) => ({ name, spellings: spellingsOf(value) }));
}

/**
 * Plain, base64 at each of the three alignments, URL-encoded and hexadecimal. Of a private key as
 * PEM (PKCS #8, P-256), the end of the first line counts: before it is what all keys share, and
 * further on the public key, which certificates have too.
 */
function spellingsOf(secret: string): string[] {
  const body = secret.includes("-----BEGIN") ? (secret.split("\n")[1] ?? "").slice(48) : secret;
  const bytes = Buffer.from(body);
  const aligned = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").slice(shift === 0 ? 0 : 4).replace(/.{0,4}=*$/, ""));
  return [body, ...aligned, encodeURIComponent(body), bytes.toString("hex")];
}

function containsAny(file: string, spellings: readonly string[]): boolean {
  const content = readFileSync(file);
  return spellings.some((spelling) => content.includes(spelling));
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name);
    return entry.isDirectory() ? filesBelow(inner) : entry.isFile() ? [inner] : [];
  });
}
