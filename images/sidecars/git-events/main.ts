import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { connectFrom, publish } from "../../../events/client/index.ts";
import { localPlace } from "../../../patches/local.ts";
import { healthServer } from "../../pod/health.ts";
import { createLog } from "../../pod/logging.ts";
import { bridge } from "./bridge.ts";
import { readGitEventsConfig } from "./config.ts";
import { Memory } from "./memory.ts";
import { Teller } from "./teller.ts";
import type { Say } from "./teller.ts";

const handles = z.record(z.string(), z.string().min(1).max(256));

/** Beside the seed's node: tells on the event bus what people push, and what becomes of their patches. */
async function main(): Promise<void> {
  const config = readGitEventsConfig(process.env);
  const log = createLog(config.logLevel);
  const ending = new AbortController();
  const people = async (): Promise<Record<string, string>> =>
    config.peopleFile === undefined ? {} : handles.parse(JSON.parse(await whoIsKnown(config.peopleFile)));
  const teller = new Teller({
    place: localPlace(config.radHome),
    memory: await Memory.open(config.stateFolder),
    say: sayOnBus(config.eventsFolder),
    people,
    onTrouble: (about, err) => log.warn({ about, err }, "this can't be read yet, and is looked at again"),
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

/** One connection, which is tried for until it is there. */
function sayOnBus(folder: string): Say {
  let joining: ReturnType<typeof connectFrom> | undefined;
  return async ({ type, data }, id) => {
    joining ??= connectFrom(folder);
    const { connection } = await joining.catch((error: unknown) => {
      // The next try is a new one.
      joining = undefined;
      throw error;
    });
    await publish(connection, "guild", type, data, { id });
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`What happens in the seed can't be told: ${String(error)}\n`);
  process.exit(1);
});
