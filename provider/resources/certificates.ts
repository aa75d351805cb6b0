import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createAuthority, isDueForRenewal, issueCertificate, permitOtherNames, type KeyPair } from "../pki/x509.ts";
import { define, type Existing } from "./resource.ts";

const validityDays = z.number().int().min(1).max(36500);
const authoritySchema = z.object({
  commonName: z.string().min(1).max(64),
  validityDays,
  permitted: z
    .object({
      dnsNames: z.array(z.string().min(1)),
      ipAddresses: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])),
    })
    .optional(),
});

export const certificateAuthority = define({
  schema: authoritySchema,
  replaceOn: ["validityDays"],
  // Whoever trusts it does so by its key and this name, so that another name would be another authority.
  choose: ({ commonName }) => (commonName === undefined ? {} : { commonName }),
  // One from before there were any could sign for all names, and everybody trusts it: it stays until somebody replaces it.
  same: (input, old) => input === "permitted" && old === undefined,
  async create({ commonName, validityDays, permitted }) {
    return made(await createAuthority(commonName, validityDays, permitted), randomUUID());
  },
  async update({ permitted }, progress, old) {
    const before = { certificatePem: String(old.certificatePem), privateKeyPem: String(old.privateKeyPem) };
    if (permitted === undefined) return made(before, String(old.id));
    progress(
      "the authority signs for other names now; for names that are new, browsers and devices have to be given its new certificate",
    );
    return made(await permitOtherNames(before, permitted), String(old.id));
  },
});

function made(pair: KeyPair, id: string): Existing {
  return { id, outputs: { ...pair }, secrets: ["privateKeyPem"] };
}

const certificateSchema = z.object({
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
  caPrivateKeyPem: z.string().startsWith("-----BEGIN PRIVATE KEY-----"),
  commonName: z.string().min(1).max(64),
  dnsNames: z.array(z.string().min(1)),
  ipAddresses: z.array(z.union([z.ipv4(), z.ipv6()])),
  validityDays,
  usages: z.array(z.enum(["server", "client"])).optional(),
});
type CertificateInputs = z.infer<typeof certificateSchema>;

export const certificate = define({
  schema: certificateSchema,
  replaceOn: [],
  create: (inputs) => issue(inputs, randomUUID()),
  update: (inputs, _progress, old) => issue(inputs, String(old.id)),
  async drift(_inputs, { certificatePem }) {
    return isDueForRenewal(String(certificatePem)) ? "less than a third of its life is left" : undefined;
  },
});

async function issue({ caCertificatePem, caPrivateKeyPem, ...leaf }: CertificateInputs, id: string): Promise<Existing> {
  const pair = await issueCertificate({ certificatePem: caCertificatePem, privateKeyPem: caPrivateKeyPem }, leaf);
  return { id, outputs: { ...pair }, secrets: ["privateKeyPem", "caPrivateKeyPem"] };
}
