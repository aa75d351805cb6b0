import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { readCertificate, watchCertificate } from "../pod/tls.ts";
import type { Services } from "./api/services.ts";
import type { PublishedConfig } from "./config.ts";
import { proxyProtocolServer } from "./entrance/proxy-protocol.ts";
import { publishedGate } from "./entrance/published-gate.ts";
import { PublishedHost } from "./proxy/published-host.ts";

/** As many as the pod has room for: whoever floods what is published shall not take the portal from the guild's people. */
const MOST_CONNECTIONS = 1000;

/** The entrance for what is published, at a port of its own. */
export interface PublishedEntrance {
  readonly address: AddressInfo;
  /** Takes nothing new, lets what runs finish for a while, then cuts it off. */
  close(graceMs: number): Promise<void>;
}

/** @throws where the certificate cannot be read or the address is taken */
export async function startPublished(
  { listen, tlsDirectory, announced }: PublishedConfig,
  services: Services,
  { log, certificatePollMs }: { log: FastifyBaseLogger; certificatePollMs?: number },
): Promise<PublishedEntrance> {
  const certificate = await readCertificate(tlsDirectory);
  const server = publishedGate(new PublishedHost(services, log), services, certificate, log);
  const stopWatching = watchCertificate(tlsDirectory, {
    current: certificate,
    server,
    onRenewed: () => log.info("certificate of what is published renewed"),
    onError: (error) =>
      log.warn({ err: error }, "certificate of what is published not readable, keeping the one in use"),
    pollMs: certificatePollMs,
  });
  const listening: Server = announced ? proxyProtocolServer(server) : server;
  listening.maxConnections = MOST_CONNECTIONS;
  listening.listen(listen);
  await once(listening, "listening");
  return {
    address: listening.address() as AddressInfo,
    async close(graceMs) {
      stopWatching();
      services.publications.stop();
      const closed = once(listening.close(), "close");
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cutOff);
    },
  };
}
