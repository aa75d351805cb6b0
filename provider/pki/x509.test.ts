import "reflect-metadata";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  X509Certificate as ParsedCertificate,
} from "@peculiar/x509";
import { describe, expect, test } from "vitest";
import {
  createAuthority,
  createSigningKey,
  isDueForRenewal,
  issueCertificate,
  permitOtherNames,
  type KeyPair,
} from "./x509.ts";

const day = 24 * 60 * 60 * 1000;
const serverAuth = "1.3.6.1.5.5.7.3.1",
  clientAuth = "1.3.6.1.5.5.7.3.2";
const authority = await createAuthority("Test CA", 3650);
const leafOptions = {
  commonName: "portal",
  dnsNames: ["guildnet.localhost", "*.apps.guildnet.localhost"],
  ipAddresses: ["127.0.0.1", "::1"],
  validityDays: 90,
};
const leaf = await issueCertificate(authority, leafOptions);

const read = ({ certificatePem }: { certificatePem: string }): X509Certificate => new X509Certificate(certificatePem);
/** What a TLS client says who trusts the authority alone: Node's OpenSSL, whatever the name. */
async function verdict(ca: KeyPair, { certificatePem, privateKeyPem }: KeyPair): Promise<string> {
  const server = createServer({ cert: certificatePem, key: privateKeyPem }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    ca: ca.certificatePem,
    checkServerIdentity: () => undefined,
  });
  const said = await new Promise<string>((resolve) =>
    client.once("secureConnect", () => resolve("OK")).once("error", ({ message }) => resolve(message)),
  );
  client.destroy();
  server.close();
  return said;
}
const start = (pair: { certificatePem: string }): number => Date.parse(read(pair).validFrom);
const end = (pair: { certificatePem: string }): number => Date.parse(read(pair).validTo);

test("an authority of Ed25519 signs for keys of its kind, which TLS takes", async () => {
  const talos = await createAuthority("talos", 10, undefined, "ed25519");
  const pair = await issueCertificate(talos, leafOptions);
  for (const { privateKeyPem } of [talos, pair])
    expect(createPrivateKey(privateKeyPem).asymmetricKeyType).toBe("ed25519");
  expect(read(pair).verify(read(talos).publicKey)).toBe(true);
  expect(await verdict(talos, pair)).toBe("OK");
});

describe("an authority", () => {
  const certificate = read(authority);

  test("is a self-signed certificate authority with its own key", () => {
    expect(certificate.ca).toBe(true);
    expect(certificate.subject).toBe("CN=Test CA");
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(authority.privateKeyPem))).toBe(true);
  });
});

describe("an authority for names of its own", () => {
  const permitted = {
    dnsNames: ["guild.example.org", "registry.guildnet-registry.svc"],
    ipAddresses: ["10.96.0.11", "127.0.0.0/8"],
  };
  const bound = createAuthority("Bound CA", 3650, permitted);
  const verified = async (ca: KeyPair, dnsNames: string[], ipAddresses: string[] = []) =>
    verdict(ca, await issueCertificate(ca, { commonName: "portal", dnsNames, ipAddresses, validityDays: 90 }));

  test("says so critically, serves alone, and lets no authority below it", async () => {
    const parsed = new ParsedCertificate((await bound).certificatePem);
    expect(parsed.getExtension(BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 0, critical: true });
    expect(parsed.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([serverAuth]);
    expect(parsed.getExtension("2.5.29.30")).toMatchObject({ critical: true });
  });

  test.each<[string[], string[]?]>([
    [["guild.example.org", "*.apps.guild.example.org"]],
    [["registry.guildnet-registry.svc"], ["10.96.0.11"]],
    [[], ["127.0.0.1"]],
  ])("signs for %j %j", async (names, addresses) => expect(await verified(await bound, names, addresses)).toBe("OK"));

  test.each<[string[], string[]?]>([
    [["example.org"]],
    [["guild.example.org", "bank.example.com"]],
    [["*.com"]],
    [["evilguild.example.org"]],
    [["other.svc"]],
    [[], ["10.96.0.12"]],
    [[], ["::1"]],
    [["guild.example.org"], ["8.8.8.8"]],
  ])("does not for %j %j", async (names, addresses) =>
    expect(await verified(await bound, names, addresses)).toContain("permitted subtree violation"),
  );

  test("signs for no kind of name that it has none of", async () => {
    const dnsAlone = await createAuthority("Bound CA", 10, { dnsNames: ["guild.example.org"], ipAddresses: [] });
    expect(await verified(dnsAlone, ["guild.example.org"])).toBe("OK");
    for (const address of ["127.0.0.1", "::1"])
      expect(await verified(dnsAlone, [], [address])).toContain("excluded subtree violation");
    expect(
      await verified(await createAuthority("Bound CA", 10, { dnsNames: [], ipAddresses: ["10.0.0.0/8"] }), [
        "a.example",
      ]),
    ).toContain("excluded subtree violation");
  });

  test("takes other names with its key, so that either certificate goes with what either signed", async () => {
    const old = await bound,
      renamed = await permitOtherNames(old, { ...permitted, dnsNames: ["guild.example.org", "mesh.internal"] });
    expect(renamed.privateKeyPem).toBe(old.privateKeyPem);
    expect(read(renamed).validTo).toBe(read(old).validTo);
    const [both, added] = await Promise.all(
      [["guild.example.org"], ["mesh.internal"]].map((dnsNames) =>
        issueCertificate(renamed, { commonName: "portal", dnsNames, validityDays: 90 }),
      ),
    );
    for (const ca of [old, renamed]) expect(await verdict(ca, both!)).toBe("OK");
    expect(await verdict(renamed, added!)).toBe("OK");
    expect(await verdict(old, added!)).toContain("permitted subtree violation");
  });
});

test.each(["#00", "#zz", "a=b, O=evil", '"quoted"', "back\\slash", "a+b;<c>", "ünï ☃", " lead"])(
  "a name is taken as it is, whatever X.500 makes of it: %s",
  async (name) => {
    const ca = await createAuthority(`${name} CA`, 10),
      signed = await issueCertificate(ca, {
        commonName: name,
        organizations: [name],
        dnsNames: ["a.localhost"],
        validityDays: 5,
      });
    expect(read(ca).toLegacyObject().subject).toEqual({ CN: `${name} CA` });
    expect(read(signed).toLegacyObject().subject).toEqual({ CN: name, O: name });
    expect(await verdict(ca, signed)).toBe("OK");
  },
);

describe("a certificate", () => {
  const certificate = read(leaf);

  test("chains to its authority and to no other of the same name", async () => {
    const impostor = read(await createAuthority("Test CA", 3650));
    expect(certificate.checkIssued(read(authority))).toBe(true);
    expect(certificate.verify(read(authority).publicKey)).toBe(true);
    expect(certificate.verify(impostor.publicKey)).toBe(false);
  });

  test("is no authority and fits its key", () => {
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.privateKeyPem))).toBe(true);
  });

  test("is valid for its names alone", () => {
    for (const name of ["guildnet.localhost", "ada.apps.guildnet.localhost"])
      expect(certificate.checkHost(name)).toBeTruthy();
    for (const name of ["apps.guildnet.localhost", "a.b.apps.guildnet.localhost", "localhost", "portal"])
      expect(certificate.checkHost(name)).toBeUndefined();
    for (const address of ["127.0.0.1", "::1"]) expect(certificate.checkIP(address)).toBeTruthy();
    expect(certificate.checkIP("127.0.0.2")).toBeUndefined();
  });

  test("serves unless told otherwise", async () => {
    expect(certificate.keyUsage).toEqual([serverAuth]);
    expect(read(await issueCertificate(authority, { ...leafOptions, usages: ["client"] })).keyUsage).toEqual([
      clientAuth,
    ]);
    expect(read(await issueCertificate(authority, { ...leafOptions, usages: ["server", "client"] })).keyUsage).toEqual([
      serverAuth,
      clientAuth,
    ]);
  });

  test("carries groups beside the user, as Kubernetes reads them", async () => {
    const { subject } = read(
      await issueCertificate(authority, {
        commonName: "system:node:a",
        organizations: ["system:nodes", "b"],
        validityDays: 1,
      }),
    );
    expect(subject.split("\n")).toEqual(["O=system:nodes", "O=b", "CN=system:node:a"]);
  });

  test("lasts as many days as asked, from a little before now", () => {
    const now = Date.now();
    expect(start(leaf)).toBeLessThanOrEqual(now - 4 * 60 * 1000);
    expect(start(leaf)).toBeGreaterThan(now - day);
    expect(Math.abs(end(leaf) - (now + 90 * day))).toBeLessThan(day);
  });

  test("never outlives its authority", async () => {
    const brief = await createAuthority("Brief CA", 2);
    expect(end(await issueCertificate(brief, { ...leafOptions, validityDays: 397 }))).toBe(end(brief));
  });

  test("has a positive serial number of its own", async () => {
    const numbers = await Promise.all(
      Array.from({ length: 20 }, async () => read(await issueCertificate(authority, leafOptions)).serialNumber),
    );
    expect(new Set(numbers).size).toBe(20);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test("is not issued by an authority that expired", async () => {
    const expired = await createAuthority("Old CA", -1);
    await expect(issueCertificate(expired, leafOptions)).rejects.toThrow(/Old CA expired at .+: make it anew/);
  });
});

describe("isDueForRenewal", () => {
  const lastThird = end(leaf) - (end(leaf) - start(leaf)) / 3;

  test.each([
    ["a moment before the last third of its life", lastThird - 1, false],
    ["a moment after the last third began", lastThird + 1, true],
    ["when it was just issued", start(leaf), false],
    ["when it has expired", end(leaf) + 1, true],
  ])("%s: %s is %s", (_when, now, due) => {
    expect(isDueForRenewal(leaf.certificatePem, new Date(now))).toBe(due);
  });
});

test("a signing key is an elliptic curve's, and another each time", async () => {
  const keys = [await createSigningKey(), await createSigningKey()];
  expect(createPrivateKey(keys[0]!).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect(keys[0]).not.toBe(keys[1]);
});
