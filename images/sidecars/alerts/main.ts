import { once } from "node:events";
import type { Registry } from "prom-client";
import { connectFrom, publish } from "../../../events/client/index.ts";
import { ownApiServer } from "../../pod/api-server.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { readAlertsConfig } from "./config.ts";
import type { AlertsConfig } from "./config.ts";
import type { Unsaid } from "./current.ts";
import { clusterObjects, guildFigures } from "./figures.ts";
import { AlertLedger } from "./ledger.ts";
import type { Say } from "./ledger.ts";
import { receiver } from "./receiver.ts";
import { gathers, isWell } from "./wellness.ts";

/** Milliseconds between looking which alerts nobody says any more, and trying again to say what could not be said. */
const TICK_MS = 15_000;

/** In vmalert's pod: takes its alerts, and says on the event bus when one begins or ends. */
async function main(): Promise<void> {
  const config = readAlertsConfig(process.env);
  const log = createLog(config.logLevel);
  const onBus = config.eventsFolder === undefined ? undefined : sayOnBus(config.eventsFolder);
  const say: Say = async (event) => {
    await onBus?.(event);
    log.warn({ ...event.alert, event: event.type }, event.alert.summary);
  };
  const onTrouble = (err: unknown): void => log.error({ err }, "alerts could not be said, and are said again");
  const ledger = await AlertLedger.open(config.ledgerFile, say, onTrouble, Date.now());
  const alerts = receiver(ledger, (err) => log.error({ err }, "alerts were not taken"));
  const figures = figuresOf(config);
  const health = healthServer(() => ({ ready: true, reason: "ok" }), {
    "/gathers": () => gathers(config.metricsUrl),
    "/victoria-metrics": () => isWell(config.metricsUrl),
    "/vmalert": () => isWell(config.rulesUrl),
    "/metrics": async () => ({ ready: true, reason: (await figures?.metrics()) ?? "" }),
    "/alerts": () => Promise.resolve({ ready: true, reason: JSON.stringify(ledger.alerts) }),
  });
  alerts.listen(config.port, "127.0.0.1");
  health.listen(config.healthPort);
  await Promise.all([once(alerts, "listening"), once(health, "listening")]);
  const ticking = setInterval(() => {
    ledger.tick(Date.now()).catch((err: unknown) => log.error({ err }, "alerts could not be written down"));
  }, TICK_MS);
  log.info({ port: config.port, bus: onBus !== undefined }, "alerts are taken here");
  const stop = (): void => {
    clearInterval(ticking);
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** Without anything to tell it needs no way to the cluster. */
function figuresOf({ guild }: AlertsConfig): Registry | undefined {
  if (!guild.certificates && guild.backups.length === 0) return undefined;
  return guildFigures(guild, clusterObjects(ownApiServer(process.env)));
}

/** What is said waits for a bus that isn't there yet: one connection, which is tried for until it is there. */
function sayOnBus(folder: string): (event: Unsaid) => Promise<void> {
  let joining: ReturnType<typeof connectFrom> | undefined;
  return async ({ id, type, alert }) => {
    joining ??= connectFrom(folder);
    const joined = joining;
    const { connection } = await joined.catch((error: unknown) => {
      // The next try is a new one.
      joining = undefined;
      throw error;
    });
    await publish(connection, "admins", type, alert, { id });
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`Alerts can't be taken: ${String(error)}\n`);
  process.exit(1);
});
