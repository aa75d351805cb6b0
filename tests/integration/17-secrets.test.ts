import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clusterFolder, guildnet, home, kubectl, mustGuildnet, outputs, root } from "../support/guildnet.ts";

/** Everything written by runs of the tests' stack that is not the secrets' own place. */
const artefacts = [
  join(home, "state"),
  join(home, "stacks"),
  join(home, "logs"),
  join(clusterFolder, "log"),
  join(clusterFolder, "data", "etcd"),
  join(root, "Pulumi.yaml"),
  join(root, "Pulumi.dev.yaml"),
];

describe("the stack's secrets", () => {
  test("are found in no state, history, log, audit record, database or output, in no spelling", async () => {
    const canaries = await secrets();
    expect(canaries.length).toBeGreaterThan(20);
    // Nothing that was lost, restored and renewed since is a change.
    const again = await mustGuildnet("up");
    expect(again).toContain("is unchanged");
    const said = [
      again,
      (await guildnet("pulumi", ["preview", "--diff"])).all,
      (await guildnet("pulumi", ["stack", "history", "--json"])).all,
      (await guildnet("pulumi", ["stack", "export"])).all,
      await kubectl("get", "events,deployments,pods,configmaps", "--all-namespaces", "--output", "yaml"),
    ];
    const files = artefacts.flatMap(filesBelow);
    expect(files.length).toBeGreaterThan(20);
    const found = canaries.flatMap(({ name, spellings }) => [
      ...said.flatMap((text, index) =>
        spellings.some((spelling) => text.includes(spelling)) ? [`${name} in output ${index}`] : [],
      ),
      ...files.flatMap((file) => (containsAny(file, spellings) ? [`${name} in ${file}`] : [])),
    ]);
    expect(found).toEqual([]);
  });

  test("would be found: the search sees what is there", async () => {
    const { kubeconfig } = await outputs();
    const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
    expect(containsAny(join(clusterFolder, "kubeconfig"), spellingsOf(Buffer.from(key, "base64").toString()))).toBe(
      true,
    );
  });

  test("have files that only their owner can read", () => {
    for (const path of ["pki", "kubeconfig", "etc/encryption.yaml", "etc/admin.kubeconfig", "pki/ca.key", "data/etcd"])
      expect(statSync(join(clusterFolder, path)).mode & 0o077, path).toBe(0);
    if (existsSync(join(home, "passphrase"))) expect(statSync(join(home, "passphrase")).mode & 0o077).toBe(0);
  });
});

interface Canary {
  name: string;
  spellings: string[];
}

/** What of the guild's Secrets anybody may know, or holds a secret that is also by itself in another. */
const known = [
  "tls.crt",
  "ca.crt",
  "config.yaml",
  "config.json",
  "htpasswd",
  // Of the event bus: where it is, who one is there, and what one may read.
  "context.json",
  "settings.json",
  // What "events.creds" has, in one line.
  "events.creds.base64",
  // Of notes: what knows a token again, and whom the portal trusts there.
  "tokens.json",
  "notes.crt",
  // Whose a workspace is.
  "owner",
];
const secretItself = [
  "tls.key",
  "password",
  "session",
  "sign-in",
  "auth-key",
  "workspaces",
  "token",
  "identity",
  "notes.key",
  // Of a workspace's key of Radicle: what it opens with, and what it is made from.
  "passphrase",
  "seed",
];
/** What else has a secret in it, and where. */
const secretWithin: Readonly<Record<string, RegExp>> = {
  repository: /:([^:@]+)@/,
  "git-credentials": /:([^:@]+)@/,
  // A user's key. What stands before it is signed, and no secret.
  "events.creds": /^(SU[A-Z2-7]{56})$/m,
};

/** What must not leak: whatever is in the guild's own Secrets, the administrator's key, the devices' keys, the passphrase. */
async function secrets(): Promise<Canary[]> {
  const { events, kubeconfig, mesh } = await outputs();
  const holders = [...secretItself, ...Object.keys(secretWithin)];
  const within = (key: string, text: string): string =>
    key in secretWithin ? (secretWithin[key]?.exec(text)?.[1] ?? "") : text;
  const { items } = JSON.parse(
    await kubectl(
      "get",
      "secrets",
      "--all-namespaces",
      "--selector",
      "app.kubernetes.io/part-of=guildnet",
      "--output",
      "json",
    ),
  ) as { items: { metadata: { name: string; namespace: string }; data: Record<string, string> }[] };
  const plain = (value: string | undefined): string => Buffer.from(value ?? "", "base64").toString();
  const stored = items.flatMap(({ metadata: { namespace, name }, data }) =>
    Object.entries(data)
      .filter(([key]) => !known.includes(key))
      .map(([key, value]): [string, string] => {
        expect(holders, `the Secret ${namespace}/${name}`).toContain(key);
        return [`${namespace}/${name} ${key}`, within(key, plain(value))];
      }),
  );
  expect(new Set(stored.map(([name]) => name.split(" ")[1]))).toEqual(new Set(holders));
  const all = {
    ...Object.fromEntries(stored),
    ...Object.fromEntries(Object.entries(mesh?.keys ?? {}).map(([device, key]) => [`key of ${device}`, key])),
    "what the command line says events as": within("events.creds", events?.credentials ?? ""),
    "administrator's private key": plain(/client-key-data: (\S+)/.exec(kubeconfig)?.[1]),
    ...(existsSync(join(home, "passphrase"))
      ? { passphrase: readFileSync(join(home, "passphrase"), "utf8").trim() }
      : {}),
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
  const aligned = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(shift === 0 ? 0 : 4)
      .replace(/.{0,4}=*$/, ""),
  );
  return [body, ...aligned, encodeURIComponent(body), bytes.toString("hex")];
}

function containsAny(file: string, spellings: readonly string[]): boolean {
  const content = ifThere(() => readFileSync(file));
  return content !== undefined && spellings.some((spelling) => content.includes(spelling));
}

function filesBelow(path: string): string[] {
  if (ifThere(() => statSync(path))?.isDirectory() === false) return [path];
  return (ifThere(() => readdirSync(path, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const inner = join(path, entry.name);
    return entry.isDirectory() ? filesBelow(inner) : entry.isFile() ? [inner] : [];
  });
}

/** Undefined where the file is gone: other stacks come and go meanwhile. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
