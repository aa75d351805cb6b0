import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import {
  createAuthority,
  createSigningKey,
  issueCertificate,
  isDueForRenewal,
  type KeyPair,
  type LeafOptions,
} from "../pki/x509.ts";
import { writeAtomically } from "./atomic.ts";
import { addressIn } from "./cidr.ts";
import { addresses, nodeName } from "./layout.ts";
import { keeperUser, kubeRouterUser } from "./roles.ts";
import type { NodeSpec } from "./spec.ts";

const authorities = ["ca", "etcd-ca", "front-proxy-ca"] as const;
type Authority = (typeof authorities)[number];

interface Leaf extends Omit<LeafOptions, "validityDays"> {
  readonly authority: Authority;
}

/** Users of the cluster that get a kubeconfig in `etc/`; names and groups as Kubernetes' own roles expect them. */
const users = {
  admin: { commonName: "guildnet-admin", organizations: ["system:masters"] },
  "kube-controller-manager": { commonName: "system:kube-controller-manager" },
  "kube-scheduler": { commonName: "system:kube-scheduler" },
  "kube-proxy": { commonName: "system:kube-proxy" },
  "kube-router": { commonName: kubeRouterUser },
  keeper: { commonName: keeperUser },
  kubelet: { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] },
} as const;

const leafDays = 397;

/**
 * Makes the node's keys and certificates where they are missing and renews certificates in
 * the last third of their life; authorities, the token key and the encryption key are made
 * once and stay, since data depends on them.
 *
 * @returns the administrator's kubeconfig, YAML, for use on this machine.
 */
export async function ensureCredentials(folder: string, spec: NodeSpec): Promise<string> {
  const directory = join(folder, "pki");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const signers: Record<string, KeyPair> = {};
  for (const name of authorities)
    signers[name] = await ensurePair(directory, name, () =>
      createAuthority(`guildnet ${spec.clusterName} ${name}`, 3650),
    );
  for (const [name, { authority, ...leaf }] of Object.entries(leaves(spec))) {
    await ensureLeaf(directory, name, signers[authority]!, leaf);
  }
  for (const [name, subject] of Object.entries(users)) {
    const pair = await ensureLeaf(directory, `user-${name}`, signers.ca!, { ...subject, usages: ["client"] });
    await writeAtomically(
      join(folder, "etc", `${name}.kubeconfig`),
      kubeconfig(spec, "https://127.0.0.1:6443", signers.ca!, pair),
      0o600,
    );
    if (name === "admin")
      await writeAtomically(join(folder, "kubeconfig"), kubeconfig(spec, endpoint(spec), signers.ca!, pair), 0o600);
  }
  await ensureServiceAccountKey(directory);
  await ensureEncryptionKey(join(folder, "etc", "encryption.yaml"));
  return readFile(join(folder, "kubeconfig"), "utf8");
}

/** Whether a certificate of the node is in the last third of its life: `ensureCredentials` would renew it. */
export function areCredentialsDue(folder: string): boolean {
  const directory = join(folder, "pki");
  if (!existsSync(directory)) return false;
  const issued = readdirSync(directory).flatMap((name) =>
    name.endsWith(".issued-for") ? [name.replace(/\.issued-for$/, ".crt")] : [],
  );
  return issued.some(
    (name) => existsSync(join(directory, name)) && isDueForRenewal(readFileSync(join(directory, name), "utf8")),
  );
}

/** Where this machine reaches the API server. */
export function endpoint(spec: NodeSpec): string {
  return `https://127.0.0.1:${spec.apiPort}`;
}

function leaves(spec: NodeSpec): Record<string, Leaf> {
  return {
    apiserver: {
      authority: "ca",
      commonName: "kube-apiserver",
      dnsNames: [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
      ],
      ipAddresses: ["127.0.0.1", addresses.node, addressIn(spec.serviceCidr, 1)],
    },
    "apiserver-kubelet-client": {
      authority: "ca",
      commonName: "kube-apiserver-kubelet-client",
      organizations: ["system:masters"],
      usages: ["client"],
    },
    kubelet: {
      authority: "ca",
      commonName: `system:node:${nodeName}`,
      organizations: ["system:nodes"],
      dnsNames: [nodeName],
      ipAddresses: [addresses.node],
    },
    etcd: {
      authority: "etcd-ca",
      commonName: nodeName,
      dnsNames: ["localhost"],
      ipAddresses: ["127.0.0.1"],
      usages: ["server", "client"],
    },
    "apiserver-etcd-client": { authority: "etcd-ca", commonName: "kube-apiserver-etcd-client", usages: ["client"] },
    "front-proxy-client": { authority: "front-proxy-ca", commonName: "front-proxy-client", usages: ["client"] },
  };
}

/** Issues a certificate, unless one of the same subject and names is there and not due for renewal. */
async function ensureLeaf(
  directory: string,
  name: string,
  signer: KeyPair,
  leaf: Omit<LeafOptions, "validityDays">,
): Promise<KeyPair> {
  const wanted = createHash("sha256")
    .update(JSON.stringify([leaf, signer.certificatePem]))
    .digest("hex");
  const stamp = join(directory, `${name}.issued-for`);
  const current =
    existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted ? await readPair(directory, name) : undefined;
  if (current !== undefined && !isDueForRenewal(current.certificatePem)) return current;
  const pair = await issueCertificate(signer, { ...leaf, validityDays: leafDays });
  await writePair(directory, name, pair);
  await writeAtomically(stamp, wanted);
  return pair;
}

async function ensurePair(directory: string, name: string, create: () => Promise<KeyPair>): Promise<KeyPair> {
  const current = await readPair(directory, name);
  if (current !== undefined) return current;
  const pair = await create();
  await writePair(directory, name, pair);
  return pair;
}

async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const certificate = join(directory, `${name}.crt`),
    key = join(directory, `${name}.key`);
  if (!existsSync(certificate) || !existsSync(key)) return undefined;
  return { certificatePem: await readFile(certificate, "utf8"), privateKeyPem: await readFile(key, "utf8") };
}

/** The key goes first: a pair counts as there once its certificate is. */
async function writePair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await writeAtomically(join(directory, `${name}.key`), pair.privateKeyPem, 0o600);
  await writeAtomically(join(directory, `${name}.crt`), pair.certificatePem);
}

async function ensureServiceAccountKey(directory: string): Promise<void> {
  const key = join(directory, "service-account.key");
  if (!existsSync(key)) await writeAtomically(key, await createSigningKey(), 0o600);
  const publicKey = createPublicKey(await readFile(key)).export({ type: "spki", format: "pem" });
  await writeAtomically(join(directory, "service-account.pub"), String(publicKey));
}

async function ensureEncryptionKey(path: string): Promise<void> {
  if (existsSync(path)) return;
  const configuration = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [
          { secretbox: { keys: [{ name: "key1", secret: randomBytes(32).toString("base64") }] } },
          { identity: {} },
        ],
      },
    ],
  };
  await writeAtomically(path, stringify(configuration), 0o600);
}

function kubeconfig(spec: NodeSpec, server: string, ca: KeyPair, user: KeyPair): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  const name = spec.clusterName;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca.certificatePem) } }],
      users: [
        {
          name,
          user: {
            "client-certificate-data": base64(user.certificatePem),
            "client-key-data": base64(user.privateKeyPem),
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    },
    { lineWidth: 0 },
  );
}
