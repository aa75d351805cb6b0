import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";

/** Of what the seed's node says, what is about a repository; it says more. radicle 0.25.1, src/node/events.rs */
const aboutRepository = z.object({
  type: z.enum(["refsFetched", "localRefsAnnounced", "canonicalRefUpdated"]),
  rid: z.string(),
});

/**
 * What changes in a seed, as its node says it on its control socket: first nothing, once one is heard, then repositories by their
 * ids. It ends when the node ends, or doesn't get rid of what it says.
 *
 * @throws where there is no node
 */
export async function* changes(socketPath: string, signal: AbortSignal): AsyncGenerator<string | undefined> {
  const socket = connect(socketPath);
  const end = (): void => void socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    await once(socket, "connect");
    const lines = createInterface({ input: socket, crlfDelay: Infinity });
    // It knows the end of what is said alone: one that was cut off would be listened to for ever.
    socket.once("close", () => lines.close());
    socket.on("error", end);
    // Nothing is answered to this: what changes in the moment until it is heard is in the storage alone.
    socket.write('{"command":"subscribe"}\n');
    yield undefined;
    for await (const line of lines) {
      const rid = ridOf(line);
      if (rid !== undefined) yield rid;
    }
  } finally {
    signal.removeEventListener("abort", end);
    socket.destroy();
  }
}

function ridOf(line: string): string | undefined {
  try {
    return aboutRepository.safeParse(JSON.parse(line)).data?.rid;
  } catch {
    // Half a line, at the end of a node.
    return undefined;
  }
}
