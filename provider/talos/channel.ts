import { credentials, type ChannelCredentials, type Client, type ServiceClientConstructor } from "@grpc/grpc-js";
import { createHash, type X509Certificate } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import { checkServerIdentity, connect, createSecureContext, type PeerCertificate } from "node:tls";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf } from "../http/network-errors.ts";
import type { TalosCredentials } from "./secrets.ts";

/** Where Talos' apid listens, on a machine without a config too. */
export const API_PORT = 50_000;

/** A machine that restarts is found again within two seconds of when it answers; grpc's own pauses grow to two minutes. */
const OPTIONS = {
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.min_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 2_000,
};

/** Host, with a port where it is not Talos' own. */
export function targetOf(address: string): string {
  if (isIPv6(address)) return `[${address}]:${API_PORT}`;
  return /:\d+$/.test(address) ? address : `${address}:${API_PORT}`;
}

/** Both sides show certificates of Talos' authority. */
export function mutual(
  { caCertificatePem, certificatePem, privateKeyPem }: TalosCredentials,
  target: string,
): ChannelCredentials {
  const [ca, key, certificate] = [caCertificatePem, privateKeyPem, certificatePem].map((pem) => Buffer.from(pem));
  return credentials.createSsl(ca, key, certificate, {
    checkServerIdentity: (_name, shown) => checkServerIdentity(endpointOf(target).host, shown as PeerCertificate),
  });
}

function endpointOf(target: string): { host: string; port: number } {
  const { hostname, port } = new URL(`tcp://${target}`);
  return { host: hostname.replaceAll(/[[\]]/g, ""), port: Number(port) };
}

/** By the base64 of its SHA-256, as Talos prints it on the console of a machine that waits for its config. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}

/**
 * Of a machine without a config nobody knows the certificate: the one that it shows now is trusted, and no other after it.
 *
 * @param fingerprint that it has to have. @default any
 * @throws ActionableError `talos-fingerprint`, Unreachable `talos-unreachable`
 */
export async function firstSeen(target: string, fingerprint?: string): Promise<ChannelCredentials> {
  const certificate = await shownAt(target);
  const found = fingerprintOf(certificate);
  if (fingerprint !== undefined && found !== fingerprint)
    throw new ActionableError(
      "talos-fingerprint",
      `the machine at ${target} has the fingerprint ${found}, not ${fingerprint}: nothing was sent to it. Talos prints its own on the machine's console`,
    );
  const context = createSecureContext({ ca: certificate.toString(), allowPartialTrustChain: true });
  return credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
}

async function shownAt(target: string): Promise<X509Certificate> {
  const socket = connect({
    ...endpointOf(target),
    ALPNProtocols: ["h2"],
    rejectUnauthorized: false,
    timeout: 10_000,
  });
  try {
    return await new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Unreachable("talos-unreachable", `Talos at ${target} does not answer: ${why}`));
      socket.once("secureConnect", () => {
        const certificate = socket.getPeerX509Certificate();
        if (certificate === undefined) fail("it shows no certificate");
        else resolve(certificate);
      });
      socket.once("timeout", () => fail("no answer within ten seconds"));
      socket.once("error", (error) => fail(messageOf(error)));
      socket.once("close", () => fail("it closed the connection"));
    });
  } finally {
    socket.destroy();
  }
}

/** A client of one service. */
export function clientOf(service: ServiceClientConstructor, target: string, channel: ChannelCredentials): Client {
  // TLS knows names alone, and Node complains of an address in a name's place; whether the certificate is the address's is checked.
  const named = isIP(endpointOf(target).host) === 0 ? {} : { "grpc.ssl_target_name_override": "talos" };
  return new service(target, channel, { ...OPTIONS, ...named });
}
