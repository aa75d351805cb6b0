import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";

const ANSWER_MS = 10_000;

/** What is asked of the seed's node. */
export interface SeedNode {
  /** @returns its node id */
  id(): Promise<string>;
  /** Has it take what a node says, whoever's repository it is in. */
  follow(nid: string, alias: string): Promise<void>;
  /** Whether a node is connected to it now. */
  isConnected(nid: string): Promise<boolean>;
}

const refusal = z.object({ error: z.string().optional(), status: z.string().optional() });
/** Of a node that is or was connected; null of any other. radicle 0.25.1, src/node.rs */
const session = z.object({ state: z.unknown() }).nullable();
const connected = z.object({ connected: z.object({}) });

/** Its control socket: a line of JSON there, one back, and another connection for the next. */
export function seedNode(socket: string): SeedNode {
  return {
    id: async () =>
      z
        .string()
        .startsWith("z6Mk")
        .parse(await ask(socket, { command: "nodeId" })),
    follow: async (nid, alias) => {
      const answer = refusal.parse(await ask(socket, { command: "follow", nid, alias }));
      if (answer.error !== undefined || answer.status === "error")
        throw new Error(`the seed's node follows no ${nid}: ${answer.error ?? answer.status}`);
    },
    isConnected: async (nid) =>
      connected.safeParse(session.parse(await ask(socket, { command: "session", nid }))?.state).success,
  };
}

async function ask(path: string, command: object): Promise<unknown> {
  const socket = createConnection(path);
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error("the seed's node gives no answer")));
  try {
    socket.write(`${JSON.stringify(command)}\n`);
    for await (const line of createInterface(socket)) return JSON.parse(line);
    throw new Error("the seed's node gives no answer");
  } finally {
    socket.destroy();
  }
}
