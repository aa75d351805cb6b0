import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromTalosKey, generateSecrets, issueCredentials, talosKey } from "./secrets.ts";

const secrets = await generateSecrets();
const kind = (pem: string): string | undefined => createPrivateKey(pem).asymmetricKeyType;

describe("the secrets of a cluster", () => {
  test("are of the forms that Talos checks", () => {
    expect(secrets.bootstrapToken).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(secrets.trustdToken).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(secrets.cluster.id).toMatch(/^[\w-]{43}=$/);
    for (const secret of [secrets.cluster.secret, secrets.secretboxEncryptionSecret])
      expect(Buffer.from(secret, "base64")).toHaveLength(32);
  });

  test("have an authority of Ed25519 for Talos, and of P-256 for Kubernetes", () => {
    expect(kind(secrets.os.privateKeyPem)).toBe("ed25519");
    for (const pem of [
      secrets.kubernetes.privateKeyPem,
      secrets.aggregator.privateKeyPem,
      secrets.etcd.privateKeyPem,
      secrets.serviceAccountKeyPem,
    ])
      expect(createPrivateKey(pem).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  test("are no two alike", async () => {
    const other = await generateSecrets();
    const values = (of: typeof secrets): string[] =>
      Object.values(of).flatMap((value: string | object) => (typeof value === "string" ? value : Object.values(value)));
    expect(new Set([...values(secrets), ...values(other)]).size).toBe(2 * values(secrets).length);
  });
});

test("credentials are a client's certificate of the role, signed by Talos' authority", async () => {
  const credentials = await issueCredentials(secrets, "os:reader", 30);
  const certificate = new X509Certificate(credentials.certificatePem);
  expect(certificate.subject).toBe("O=os:reader\nCN=guildnet");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(certificate.verify(new X509Certificate(credentials.caCertificatePem).publicKey)).toBe(true);
});

test.each([
  ["ED25519 PRIVATE KEY", secrets.os.privateKeyPem],
  ["EC PRIVATE KEY", secrets.etcd.privateKeyPem],
])("a key is written as %s for Talos, and read again", (label, pem) => {
  expect(talosKey(pem)).toContain(`-----BEGIN ${label}-----`);
  const again = createPrivateKey(fromTalosKey(talosKey(pem)));
  expect(again.equals(createPrivateKey(pem))).toBe(true);
});
