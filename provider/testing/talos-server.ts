import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { createAuthority, issueCertificate, type KeyPair } from "../pki/x509.ts";
import { talosApi } from "../talos/api.ts";
import { generateSecrets } from "../talos/secrets.ts";

/** Talos' own description of its API, from the toolchain's cache. */
export const api = await talosApi(() => {});

/** Of the cluster that a stand-in belongs to. */
export const secrets = await generateSecrets();

/** What a stand-in does at each call, by service and Talos' name of the call; it knows no other. */
export type Behaviour = Partial<Record<keyof typeof api, UntypedServiceImplementation>>;

export interface StandIn {
  /** `127.0.0.1:34567` */
  readonly address: string;
  readonly certificatePem: string;
  stop(): Promise<void>;
}

/** A machine whose authority signed none of its cluster's certificates, as one without a config is. */
export const anotherAuthority = await createAuthority("maintenance", 1, undefined, "ed25519");

/** Answers as Talos until the running test ends. @param port to listen at. @default any */
export async function talosServer(
  behaviour: Behaviour,
  { authority = secrets.os, port = 0 }: { authority?: KeyPair; port?: number } = {},
): Promise<StandIn> {
  const own = await issueCertificate(authority, {
    commonName: "one",
    ipAddresses: ["127.0.0.1"],
    validityDays: 1,
    usages: ["server"],
  });
  const asksForCertificates = authority === secrets.os;
  const server = new Server();
  for (const [name, calls] of Object.entries(behaviour))
    server.addService(api[name as keyof typeof api].service, calls ?? {});
  const pair = { private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.certificatePem) };
  const credentials = ServerCredentials.createSsl(Buffer.from(authority.certificatePem), [pair], asksForCertificates);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  );
  const stop = async (): Promise<void> => server.forceShutdown();
  onTestFinished(stop);
  return { address: `127.0.0.1:${bound}`, certificatePem: own.certificatePem, stop };
}
