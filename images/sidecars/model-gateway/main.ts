import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { FastifyBaseLogger } from "fastify";
import { ownApiServer } from "../../pod/api-server.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { onBus } from "../../pod/on-bus.ts";
import { Outbox } from "../../pod/outbox.ts";
import { readCertificate, watchCertificate } from "../../pod/tls.ts";
import { tellWaitingEvents } from "../../pod/waiting-events.ts";
import { readGatewayConfig } from "./config.ts";
import { clusterCredentials } from "./credentials.ts";
import { gateway } from "./gateway.ts";
import { limits } from "./limits.ts";
import { metrics, metricsServer } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { readSettings } from "./settings.ts";
import { upstream } from "./upstream.ts";
import { use } from "./use.ts";
import type { Use, Used } from "./use.ts";

/** How long answers that are under way are waited for at the end; less than the pod is. */
const LAST_ANSWERS_MS = 20_000;
/** Between two events of what was used. */
const TELL_MS = 60_000;

/** The gateway between workspaces and models. It takes a renewed certificate and renewed keys while it runs. */
async function main(): Promise<void> {
  const config = readGatewayConfig(process.env);
  const log = createLog(config.logLevel);
  const [certificate, text] = await Promise.all([
    readCertificate(config.tlsDirectory),
    readFile(config.settingsFile, "utf8"),
  ]);
  const settings = readSettings(text);
  const counted = metrics();
  const servers = upstream(config.keysDirectory);
  const used = config.eventsFolder === undefined ? undefined : usedOnBus(config.eventsFolder, counted, log);
  const app = gateway({
    certificate,
    settings,
    credentials: clusterCredentials(ownApiServer(process.env)),
    upstream: servers,
    limits: limits(settings),
    metrics: counted,
    told: used === undefined ? [] : [used],
    log,
  });
  watchCertificate(config.tlsDirectory, {
    current: certificate,
    server: app.server,
    onRenewed: () => log.info("certificate renewed"),
    onError: (error) => log.warn({ err: error }, "certificate not readable, keeping the one in use"),
  });
  let stopping = false;
  const health = healthServer(() => (stopping ? { ready: false, reason: "stopping" } : { ready: true, reason: "ok" }));
  const numbers = metricsServer(counted);
  await app.listen({ host: "::", port: config.port });
  health.listen(config.healthPort);
  numbers.listen(config.metricsPort);
  await Promise.all([once(health, "listening"), once(numbers, "listening")]);
  const telling = setInterval(() => void used?.tell(), TELL_MS);
  log.info({ port: config.port, servers: settings.servers.map(({ name }) => name) }, "models are asked here");
  const stop = (): void => {
    stopping = true;
    setTimeout(() => process.exit(0), LAST_ANSWERS_MS).unref();
    clearInterval(telling);
    void app
      .close()
      .then(() => used?.tell())
      .finally(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** To admins, whoever asked: whose a workspace is stands in no token. A bus that is away holds up no question. */
function usedOnBus(folder: string, { registry }: Metrics, log: FastifyBaseLogger): Use & { tell(): Promise<void> } {
  const say = onBus(folder),
    used = use();
  const outbox = new Outbox<Used>((one, id) => say("admins", "models.used", one, id), {
    onTrouble: (err) => log.warn({ err }, "what was used could not be said"),
  });
  const tell = (): Promise<void> => {
    outbox.put(...used.taken());
    return outbox.flush();
  };
  tellWaitingEvents(registry, () => outbox.waiting);
  return { ...used, tell };
}

main().catch((error: unknown) => {
  process.stderr.write(`The model gateway cannot start: ${String(error)}\n`);
  process.exit(1);
});
