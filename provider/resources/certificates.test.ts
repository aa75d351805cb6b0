import { X509Certificate } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { certificate, certificateAuthority } from "./certificates.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};
const { outputs: authority, secrets: authoritySecrets } = await certificateAuthority.create(
  { commonName: "Test CA", validityDays: 3650 },
  silent,
);
const inputs: Properties = {
  caCertificatePem: authority.certificatePem,
  caPrivateKeyPem: authority.privateKeyPem,
  commonName: "portal",
  dnsNames: ["portal.localhost"],
  ipAddresses: ["127.0.0.1"],
  validityDays: 90,
};
const read = ({ certificatePem }: Properties): X509Certificate => new X509Certificate(String(certificatePem));

describe("CertificateAuthority", () => {
  test("keeps its key secret and its name for good, whatever the guild is called later", () => {
    expect(authoritySecrets).toEqual(["privateKeyPem"]);
    expect(read(authority).subject).toBe("CN=Test CA");
    expect(certificateAuthority.choose({ commonName: "Test CA", ...authority })).toEqual({ commonName: "Test CA" });
    expect(certificateAuthority.choose({})).toEqual({});
    expect(["commonName", "validityDays", "permitted"].filter((input) => certificateAuthority.replaces(input))).toEqual(
      ["validityDays"],
    );
  });

  test("that could sign for all names stays so, as everybody trusts it", () => {
    const permitted = { dnsNames: ["guild.localhost"], ipAddresses: [] };
    expect(certificateAuthority.same("permitted", undefined, permitted)).toBe(true);
    expect(certificateAuthority.same("permitted", permitted, { ...permitted, dnsNames: ["lab.localhost"] })).toBe(
      false,
    );
  });

  test("takes other names with the key and the id it has, and says what that asks of people", async () => {
    const names = {
      commonName: "Test CA",
      validityDays: 10,
      permitted: { dnsNames: ["guild.localhost"], ipAddresses: ["10.0.0.0/8", "::1"] },
    };
    expect(certificateAuthority.check(names)).toEqual([]);
    const { id, outputs } = await certificateAuthority.create(names, silent),
      told: string[] = [];
    const wider = { ...names, permitted: { dnsNames: ["guild.localhost", "mesh.internal"], ipAddresses: [] } };
    const renewed = await certificateAuthority.update(wider, (message) => void told.push(message), {
      ...names,
      ...outputs,
      id,
    });
    expect(renewed).toMatchObject({
      id,
      outputs: { privateKeyPem: outputs.privateKeyPem },
      secrets: ["privateKeyPem"],
    });
    expect(renewed.outputs.certificatePem).not.toBe(outputs.certificatePem);
    expect(told).toEqual([expect.stringContaining("have to be given its new certificate")]);
  });
});

describe("Certificate", () => {
  test("is signed by the authority it is given, for the names it is given", async () => {
    const { outputs, secrets } = await certificate.create(inputs, silent);
    expect(read(outputs).verify(read(authority).publicKey)).toBe(true);
    expect(read(outputs).subjectAltName).toBe("DNS:portal.localhost, IP Address:127.0.0.1");
    expect(secrets).toEqual(expect.arrayContaining(["privateKeyPem", "caPrivateKeyPem"]));
  });

  test("stays the same resource when it is renewed, with a new key", async () => {
    const old = await certificate.create(inputs, silent);
    const renewed = await certificate.update({ ...inputs, dnsNames: ["other.localhost"] }, silent, {
      ...inputs,
      ...old.outputs,
      id: old.id,
    });
    expect(renewed.id).toBe(old.id);
    expect(renewed.outputs.privateKeyPem).not.toBe(old.outputs.privateKeyPem);
    expect(read(renewed.outputs).checkHost("other.localhost")).toBe("other.localhost");
    expect(Object.keys(inputs).filter((input) => certificate.replaces(input))).toEqual([]);
  });

  test("wants a renewal in the last third of its life, and none before", async () => {
    const { outputs: fresh } = await certificate.create(inputs, silent);
    expect(await certificate.drift(inputs, { ...inputs, ...fresh })).toBeUndefined();
    const later = Date.parse(read(fresh).validTo) - 1000;
    expect(await atTime(later, () => certificate.drift(inputs, { ...inputs, ...fresh }))).toBe(
      "less than a third of its life is left",
    );
  });

  test.each([
    ["caCertificatePem", "not PEM"],
    ["caPrivateKeyPem", "-----BEGIN EC PRIVATE KEY-----"],
    ["commonName", ""],
    ["commonName", "a".repeat(65)],
    ["dnsNames", [""]],
    ["ipAddresses", ["localhost"]],
    ["validityDays", 0],
    ["validityDays", 36501],
  ])("names %s when it is %j", (key, value) => {
    expect(certificate.check({ ...inputs, [key]: value }).map(({ path }) => path[0])).toEqual([key]);
  });

  test("takes addresses of both kinds", () => {
    expect(certificate.check({ ...inputs, ipAddresses: ["::1", "10.0.0.1"] })).toEqual([]);
  });
});

async function atTime<T>(now: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ now, toFake: ["Date"] });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}
