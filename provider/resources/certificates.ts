import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createAuthority, isDueForRenewal, issueCertificate } from "../pki/x509.ts";
import { define, type Existing } from "./resource.ts";

const validityDays = z.number().int().min(1).max(36500);
const authoritySchema = z.object({ commonName: z.string().min(1).max(64), validityDays });

export const certificateAuthority = define({
  schema: authoritySchema,
  replaceOn: ["commonName", "validityDays"],
  async create(inputs) {
    return { id: randomUUID(), outputs: { ...(await createAuthority(inputs.commonName, inputs.validityDays)) }, secrets: ["privateKeyPem"] };
  },
});

const certificateSchema = z.object({
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
  caPrivateKeyPem: z.string().startsWith("-----BEGIN PRIVATE KEY-----"),
  commonName: z.string().min(1).max(64),
  dnsNames: z.array(z.string().min(1)),
  ipAddresses: z.array(z.union([z.ipv4(), z.ipv6()])),
  validityDays,
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
