import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { healthServer } from "../pod/health.ts";
import { createLog } from "../pod/logging.ts";
import { readCertificate, watchCertificate } from "../pod/tls.ts";
import { registerGit, repositoryOf } from "./by-git.ts";
import { onBus } from "../pod/on-bus.ts";
import { readNotesConfig } from "./config.ts";
import type { Repository } from "./git/repository.ts";
import { signedIdentities } from "./http/identity.ts";
import { notesApp } from "./http/notes-app.ts";
import { tokensOfFile } from "./http/tokens.ts";
import { GUILD, ownVault, Vaults } from "./http/vaults.ts";
import { beginTelling, NoteEvents } from "./note-events.ts";

/** The notes' server in its pod. What people wrote is in files and in git before it ends. */
async function main(): Promise<void> {
  const config = readNotesConfig(process.env);
  const log = createLog(config.logLevel);
  const [certificate, key] = await Promise.all([
    readCertificate(config.tlsDirectory),
    readFile(join(config.keysDirectory, "identity"), "utf8"),
  ]);
  const remotes = new Map([
    ...Object.entries(config.remotes).map(([handle, remote]) => [ownVault(handle), remote] as const),
    ...(config.guildRemote === undefined ? [] : [[GUILD, config.guildRemote] as const]),
  ]);
  const identityKey = Buffer.from(key.trim(), "base64url");
  const events =
    config.eventsDirectory === undefined
      ? undefined
      : new NoteEvents({
          say: onBus(config.eventsDirectory),
          key: identityKey,
          onTrouble: (vault, err) => log.warn({ err, vault }, "which notes were changed could not be said yet"),
        });
  const vaults = new Vaults({
    folder: config.dataDirectory,
    remoteOf: (vault) => remotes.get(vault) ?? repositoryOf(config.dataDirectory, vault),
    branch: config.branch,
    // Of what is pushed here nobody has to be asked.
    pollMs: remotes.size > 0 ? config.pollMs : 0,
    ...(events && {
      onOpen: beginTelling,
      onHistory: (vault: string, repository: Repository) => events.lookAt(vault, repository),
    }),
    onError: (vault, error) => log.warn({ err: error, vault }, "a vault is not in step"),
  });
  const tokens = tokensOfFile(config.tokensFile);
  const app = await notesApp({
    vaults,
    identities: signedIdentities(identityKey),
    tokens,
    guildName: config.guildName,
    uiDirectory: fileURLToPath(new URL("./ui", import.meta.url)),
    certificate,
    log,
  });
  registerGit(app, {
    dataDirectory: config.dataDirectory,
    isElsewhere: (vault) => remotes.has(vault),
    vaults,
    tokens,
    onError: (error) => log.warn({ err: error }, "git was not answered as it should"),
  });
  watchCertificate(config.tlsDirectory, {
    current: certificate,
    server: app.server as unknown as Parameters<typeof watchCertificate>[1]["server"],
    onRenewed: () => log.info("certificate renewed"),
    onError: (error) => log.warn({ err: error }, "certificate not readable, keeping the one in use"),
  });
  let stopping = false;
  const health = healthServer(() => (stopping ? { ready: false, reason: "stopping" } : { ready: true, reason: "ok" }));
  await app.listen({ host: "::", port: config.port });
  health.listen(config.healthPort);
  await once(health, "listening");
  log.info({ port: config.port }, "notes are here");
  // Whoever searches first finds it read, and what was not said before is said now.
  vaults.for("", GUILD).catch((error: unknown) => log.warn({ err: error, vault: GUILD }, "a vault is not in step"));
  const stop = (): void => {
    stopping = true;
    void app
      .close()
      .then(() => vaults.close())
      .then(() => events?.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "not everything could be put away; the next start does it");
          process.exit(1);
        },
      );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`The notes' server cannot start: ${String(error)}\n`);
  process.exit(1);
});
