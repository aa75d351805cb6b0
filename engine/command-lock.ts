import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";

/** Which of our commands works on a stack. */
export interface Command {
  readonly pid: number;
  /** `up`, `destroy` … */
  readonly command: string;
}

/** Milliseconds for the holder to say who it is; one that is stopped never does. */
const PATIENCE = 2_000;

/**
 * Takes the stack for one command, from its first look at the state on: the engine locks a stack late, and `down` has
 * no engine at all. It is a name that one process alone can listen at; the kernel takes it back however that ends.
 *
 * @param scope whatever tells this stack from others, its home included
 * @returns what gives it back; or who has it already
 */
export async function lockStack(
  scope: readonly string[],
  command: string,
): Promise<{ free(): void } | { holder?: Command }> {
  const name = `\0guildnet-${createHash("sha256").update(JSON.stringify(scope)).digest("hex")}`;
  const server = createServer(
    (asking) =>
      void asking
        .on("error", () => asking.destroy())
        .end(JSON.stringify({ pid: process.pid, command } satisfies Command)),
  );
  if (await listens(server, name)) return { free: () => void server.close() };
  return { holder: await holderOf(name) };
}

async function listens(server: Server, name: string): Promise<boolean> {
  try {
    server.listen(name).unref();
    await once(server, "listening");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}

/** Undefined where it does not say, or has just ended. */
async function holderOf(name: string): Promise<Command | undefined> {
  const asking = connect(name).setTimeout(PATIENCE, () => asking.destroy());
  try {
    return JSON.parse(await text(asking)) as Command;
  } catch {
    return undefined; // whoever it is, the stack is not free
  }
}
