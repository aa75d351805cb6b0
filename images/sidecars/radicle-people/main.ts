import { once } from "node:events";
import { join } from "node:path";
import { ownApiServer } from "../../pod/api-server.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { readCertificate, watchCertificate } from "../../pod/tls.ts";
import { readRadiclePeopleConfig } from "./config.ts";
import { clusterWorkspaces } from "./credentials.ts";
import { seedNode } from "./node.ts";
import { peopleServer } from "./people-server.ts";
import { Register } from "./register.ts";

/** Beside the seed's node, in its pod: knows who is who, and has the node follow them. */
async function main(): Promise<void> {
  const config = readRadiclePeopleConfig(process.env);
  const log = createLog(config.logLevel);
  const certificate = await readCertificate(config.tlsDirectory);
  const register = await Register.open({ register: config.registerFile, people: config.peopleFile });
  const node = seedNode(join(config.radHome, "node", "control.sock"));
  const server = peopleServer({
    address: config.address,
    certificate,
    workspaces: clusterWorkspaces(ownApiServer(process.env)),
    node,
    register,
    log,
  });
  watchCertificate(config.tlsDirectory, {
    current: certificate,
    server,
    onRenewed: () => log.info("certificate renewed"),
    onError: (error) => log.warn({ err: error }, "certificate not readable, keeping the one in use"),
  });
  // The node answers, and not only listens: both of the pod's containers are asked for it.
  const answers = () =>
    node.id().then(
      () => ({ ready: true, reason: "ok" }),
      (error: unknown) => ({ ready: false, reason: String(error) }),
    );
  const health = healthServer(() => ({ ready: true, reason: "ok" }), { "/node": answers });
  server.listen(config.port);
  health.listen(config.healthPort);
  await Promise.all([once(server, "listening"), once(health, "listening")]);
  log.info({ port: config.port, known: register.current().length }, "identities are taken");
  const stop = (): void => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`Nobody can say who they are: ${String(error)}\n`);
  process.exit(1);
});
