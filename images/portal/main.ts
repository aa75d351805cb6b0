import { fileURLToPath } from "node:url";
import { createLog } from "../pod/logging.ts";
import { Outbox } from "../pod/outbox.ts";
import { ConfigError, readConfig } from "./config.ts";
import { tellOfWorkspaces } from "./guild/happenings.ts";
import type { Happening } from "./guild/happenings.ts";
import { readSigningKeys } from "./identity/signing-keys.ts";
import { readPages } from "./pages.ts";
import { startPortal } from "./portal.ts";
import { docsIn } from "./tools/docs.ts";
import { NatsEventBus } from "./watch/event-bus.ts";
import { natsWorkspaceEvents } from "./watch/workspace-events.ts";
import { clusterWorkspaces } from "./watch/workspaces.ts";

/** Between two tries to say what the bus did not take. */
const AGAIN_MS = 15_000;

/** The portal in its pod. Any failure to start is told in one line and ends the process, for Kubernetes to show and retry. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const keys = await readSigningKeys(config.keysDirectory, { withWorkspaces: config.tools !== undefined });
  const pages = config.pages && (await readPages(config.pages));
  const log = createLog(config.logLevel);
  // One request's mistake must not end everybody's connections.
  process.on("unhandledRejection", (error) => log.error({ err: error }, "a rejection that nobody caught"));
  const workspaces = clusterWorkspaces({
    clusterDomain: config.clusterDomain,
    publishes: config.published !== undefined,
    warn: (message, error) => log.warn({ err: error }, message),
  });
  const events =
    config.eventsDirectory === undefined
      ? undefined
      : new NatsEventBus({
          directory: config.eventsDirectory,
          warn: (message, error) => log.warn({ err: error }, message),
        });
  if (events !== undefined) {
    const outbox = new Outbox<Happening>(({ to, type, data }, id) => events.say(to, type, data, id), {
      onTrouble: (err) => log.warn({ err }, "what became of a workspace could not be said, and is said again"),
    });
    const tell = (...happenings: Happening[]): void => {
      outbox.put(...happenings);
      if (events.connected) void outbox.flush();
    };
    tellOfWorkspaces(workspaces.directory, { admins: config.admins, tell });
    events.onConnection(() => events.connected && void outbox.flush());
    setInterval(() => events.connected && void outbox.flush(), AGAIN_MS).unref();
  }
  const portal = await startPortal({
    config,
    keys,
    log,
    directory: workspaces.directory,
    access: workspaces.access,
    signOuts: workspaces.signOuts,
    members: workspaces.members,
    machine: workspaces.machine,
    systems: workspaces.systems,
    publications: workspaces.publications,
    pages,
    events,
    workspaceEvents: config.eventsDirectory === undefined ? undefined : natsWorkspaceEvents(config.eventsDirectory),
    docs: docsIn(fileURLToPath(new URL("./docs.json", import.meta.url))),
    uiDirectory: fileURLToPath(new URL("./ui", import.meta.url)),
  });
  const stop = (): void => {
    workspaces.stop();
    events?.stop();
    void portal.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  const message =
    error instanceof ConfigError
      ? `The portal cannot start:\n${error.message}`
      : `The portal cannot start: ${String(error)}`;
  process.stderr.write(`${message}\n`);
  process.exit(1);
});
