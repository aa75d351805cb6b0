import { once } from "node:events";
import { ownApiServer } from "../../pod/api-server.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { readCertificate, watchCertificate } from "../../pod/tls.ts";
import { servedCertificate } from "../certificate-check/served-certificate.ts";
import { readTokenServerConfig } from "./config.ts";
import { clusterCredentials } from "./credentials.ts";
import { tokenIssuer } from "./token-issuer.ts";
import { tokenServer } from "./token-server.ts";

/**
 * The token server beside the registry, in its pod. It takes a renewed certificate while it runs, and tells the kubelet
 * whether the registry has one too, which reads its own at its start alone.
 */
async function main(): Promise<void> {
  const config = readTokenServerConfig(process.env);
  const log = createLog(config.logLevel);
  const [certificate, signer] = await Promise.all([
    readCertificate(config.tlsDirectory),
    readCertificate(config.signerDirectory),
  ]);
  const server = tokenServer({
    service: config.service,
    certificate,
    issuer: await tokenIssuer(signer, config.service),
    credentials: clusterCredentials(ownApiServer(process.env)),
    maintenance: config.maintenance,
    log,
  });
  watchCertificate(config.tlsDirectory, {
    current: certificate,
    server,
    onRenewed: () => log.info("certificate renewed"),
    onError: (error) => log.warn({ err: error }, "certificate not readable, keeping the one in use"),
  });
  let stopping = false;
  const health = healthServer(() => (stopping ? { ready: false, reason: "stopping" } : { ready: true, reason: "ok" }), {
    "/certificate": () => servedCertificate(config.tlsDirectory, config.registryPort),
  });
  server.listen(config.port);
  health.listen(config.healthPort);
  await Promise.all([once(server, "listening"), once(health, "listening")]);
  log.info({ service: config.service, port: config.port }, "tokens are given");
  const stop = (): void => {
    stopping = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`The token server cannot start: ${String(error)}\n`);
  process.exit(1);
});
