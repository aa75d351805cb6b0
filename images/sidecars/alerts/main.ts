import { once } from "node:events";
import { dirname, join } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import { Registry } from "prom-client";
import { ownApiServer } from "../../pod/api-server.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { onBus } from "../../pod/on-bus.ts";
import { tellWaitingEvents } from "../../pod/waiting-events.ts";
import { BackupTeller } from "./backups.ts";
import type { SayBackup } from "./backups.ts";
import { readAlertsConfig } from "./config.ts";
import type { AlertsConfig } from "./config.ts";
import { clusterObjects, guildFigures } from "./figures.ts";
import type { Objects } from "./figures.ts";
import { AlertLedger } from "./ledger.ts";
import type { Say } from "./ledger.ts";
import { receiver } from "./receiver.ts";
import { gathers, isWell } from "./wellness.ts";

/** Milliseconds between looking which alerts nobody says any more, and trying again to say what could not be said. */
const TICK_MS = 15_000;
/** Between looking what became of backups. */
const BACKUPS_MS = 30_000;

/** In vmalert's pod: takes its alerts, and says on the event bus when one begins or ends, and what became of backups. */
async function main(): Promise<void> {
  const config = readAlertsConfig(process.env);
  const log = createLog(config.logLevel);
  const bus = config.eventsFolder === undefined ? undefined : onBus(config.eventsFolder);
  const say: Say = async (event) => {
    await bus?.("admins", event.type, event.alert, event.id);
    log.warn({ ...event.alert, event: event.type }, event.alert.summary);
  };
  const onTrouble = (err: unknown): void => log.error({ err }, "alerts could not be said, and are said again");
  const ledger = await AlertLedger.open(config.ledgerFile, say, onTrouble, Date.now());
  const alerts = receiver(ledger, (err) => log.error({ err }, "alerts were not taken"));
  const objects = objectsFor(config),
    figures = objects ? guildFigures(config.guild, objects) : new Registry();
  if (bus !== undefined) tellWaitingEvents(figures, () => ledger.waiting);
  const health = healthServer(() => ({ ready: true, reason: "ok" }), {
    "/gathers": () => gathers(config.metricsUrl),
    "/victoria-metrics": () => isWell(config.metricsUrl),
    "/vmalert": () => isWell(config.rulesUrl),
    "/metrics": async () => ({ ready: true, reason: await figures.metrics() }),
    "/alerts": () => Promise.resolve({ ready: true, reason: JSON.stringify(ledger.alerts) }),
  });
  alerts.listen(config.port, "127.0.0.1");
  health.listen(config.healthPort);
  await Promise.all([once(alerts, "listening"), once(health, "listening")]);
  const ticking = setInterval(() => {
    ledger.tick(Date.now()).catch((err: unknown) => log.error({ err }, "alerts could not be written down"));
  }, TICK_MS);
  const looking =
    bus && objects && lookAtBackups(config, objects, (news, id) => bus("admins", news.type, news.data, id), log);
  log.info({ port: config.port, bus: bus !== undefined }, "alerts are taken here");
  const stop = (): void => {
    clearInterval(ticking);
    clearInterval(looking);
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** Without anything to tell it needs no way to the cluster. */
function objectsFor({ guild }: AlertsConfig): Objects | undefined {
  return guild.certificates || guild.backups.length > 0 ? clusterObjects(ownApiServer(process.env)) : undefined;
}

/** One after the other, and each again at the next time where the cluster or the bus was away; one that is gone keeps none from being told. */
function lookAtBackups({ guild, ledgerFile }: AlertsConfig, objects: Objects, say: SayBackup, log: FastifyBaseLogger) {
  const teller = new BackupTeller(join(dirname(ledgerFile), "backups.json"), say);
  let isLooking = false;
  const look = async (): Promise<void> => {
    for (const namespace of guild.backups)
      await objects
        .backup(namespace)
        .then((state) => teller.look(namespace, state))
        .catch((err: unknown) => log.warn({ err, namespace }, TROUBLE));
  };
  return setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => (isLooking = false));
  }, BACKUPS_MS);
}

const TROUBLE = "what became of a backup could not be said, and is looked at again";

main().catch((error: unknown) => {
  process.stderr.write(`Alerts can't be taken: ${String(error)}\n`);
  process.exit(1);
});
