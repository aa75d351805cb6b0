import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { localPlace } from "../../../patches/local.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { onBus } from "../../pod/on-bus.ts";
import { bridge } from "./bridge.ts";
import { readGitEventsConfig } from "./config.ts";
import { Memory } from "./memory.ts";
import { Teller } from "./teller.ts";

const handles = z.record(z.string(), z.string().min(1).max(256));

/** Beside the seed's node: tells on the event bus what people push, and what becomes of their patches. */
async function main(): Promise<void> {
  const config = readGitEventsConfig(process.env);
  const log = createLog(config.logLevel);
  const ending = new AbortController(),
    say = onBus(config.eventsFolder);
  const people = async (): Promise<Record<string, string>> =>
    config.peopleFile === undefined ? {} : handles.parse(JSON.parse(await whoIsKnown(config.peopleFile)));
  const teller = new Teller({
    place: localPlace(config.radHome),
    memory: await Memory.open(config.stateFolder),
    say: ({ type, data }, id) => say("guild", type, data, id),
    people,
    onTrouble: (about, err) => log.warn({ about, err }, "this can't be read yet, or is no event"),
  });
  const { state, ended } = bridge({
    socket: join(config.radHome, "node", "control.sock"),
    teller,
    signal: ending.signal,
    onTrouble: (err) => log.warn({ err }, "what happens in the seed can't be told now, and is told later"),
  });
  const health = healthServer(
    () => ({
      ready: state.isHeard,
      reason: state.isHeard ? "ok" : "the seed's node is not heard",
    }),
    {
      "/told": () =>
        Promise.resolve({
          ready: state.isTold,
          reason: state.isTold ? "all is told" : "something is still to be told",
        }),
    },
  );
  health.listen(config.healthPort);
  await once(health, "listening");
  log.info("what happens in the seed is told on the event bus");
  const stop = (): void => ending.abort();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await ended;
  process.exit(0);
}

/** Nobody has said who he is in a guild that has just begun. */
async function whoIsKnown(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "{}";
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`What happens in the seed can't be told: ${String(error)}\n`);
  process.exit(1);
});
