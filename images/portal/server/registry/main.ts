import { once } from "node:events";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { healthServer } from "../health.ts";
import { createLog } from "../logging.ts";
import { readCertificate } from "../tls.ts";
import { readTokenServerConfig } from "./config.ts";
import { clusterCredentials } from "./credentials.ts";
import { tokenIssuer } from "./token-issuer.ts";
import { tokenServer } from "./token-server.ts";

/** The token server beside the registry, in its pod. Certificates are read once: the pod starts anew with new ones. */
async function main(): Promise<void> {
  const config = readTokenServerConfig(process.env);
  const log = createLog(config.logLevel);
  const [certificate, signer] = await Promise.all([readCertificate(config.tlsDirectory), readCertificate(config.signerDirectory)]);
  const cluster = new KubeConfig();
  cluster.loadFromCluster();
  const server = tokenServer({
    service: config.service,
    certificate,
    issuer: await tokenIssuer(signer, config.service),
    credentials: clusterCredentials(cluster.makeApiClient(CoreV1Api)),
    maintenance: config.maintenance,
    log,
  });
  let stopping = false;
  const health = healthServer(() => (stopping ? { ready: false, reason: "stopping" } : { ready: true, reason: "ok" }));
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
