import { connectFrom, publish } from "../../events/client/index.ts";
import type { Audience, EventData, EventType } from "../../events/index.ts";

/** Says an event on the guild's bus, and ends when it is kept there. Under one id it may be said again. */
export type SayOnBus = <Type extends EventType>(
  audience: Audience,
  type: Type,
  data: EventData<Type>,
  id: string,
) => Promise<void>;

/**
 * As whom a folder makes its program, over one connection. It is made with the first event, so that nobody waits at its
 * start for a bus that is away; what is said meanwhile fails.
 */
export function onBus(folder: string): SayOnBus {
  let joining: ReturnType<typeof connectFrom> | undefined;
  return async (audience, type, data, id) => {
    joining ??= connectFrom(folder);
    const joined = joining;
    const { connection } = await joined.catch((error: unknown) => {
      // The next try is a new one.
      if (joining === joined) joining = undefined;
      throw error;
    });
    await publish(connection, audience, type, data, { id });
  };
}
