import { expect, test } from "vitest";
import { subjectHash } from "./subject-hash.ts";

/** Made by `openssl req -x509 -subj "/CN=Lab, CA of some/O=Lab"`, which says of it that its subject's hash is d8ee633d. */
const authority = `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUNiP+VrkwUvvSB99uDA0cYb72EyIwCgYIKoZIzj0EAwIw
KDEYMBYGA1UEAwwPTGFiLCBDQSBvZiBzb21lMQwwCgYDVQQKDANMYWIwIBcNMjYx
MTI5MDIyNzIzWhgPMjEyNjExMDUwMjI3MjNaMCgxGDAWBgNVBAMMD0xhYiwgQ0Eg
b2Ygc29tZTEMMAoGA1UECgwDTGFiMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
Ux8VgXxcrP9+6G/JNZuuKP01aMC2UVZ3G6wFLOF8ujm8jremSCSKWjA3pRAzBunN
jBqb+3A1VyWKxwg+veDuuqNTMFEwHQYDVR0OBBYEFAm19HFjOgJ1TwV5RTxwwkOL
QsYLMB8GA1UdIwQYMBaAFAm19HFjOgJ1TwV5RTxwwkOLQsYLMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgLZElCJxNel3QcgIHdH1O2SPGQ+vdb9Q9
UkL8OMl4/m8CIQDHVTHypXYV9D138JI/M2pot1FEd7Ek0F79SKPr0rmSQg==
-----END CERTIFICATE-----
`;

test("an authority has the name that OpenSSL looks for it by", () => expect(subjectHash(authority)).toBe("d8ee633d"));

test("what is no certificate has none", () => expect(subjectHash("CA CERTIFICATE")).toBeUndefined());
