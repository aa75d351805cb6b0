import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { accessFiles, connectTo, newestNumber, publish, read, readKept } from "../../../events/client/index.ts";
import type { WorkspaceEventBus } from "../guild/workspace-events.ts";

const CONNECT_MS = 5_000;

/**
 * The guild's event bus, at which whoever asks is signed in with what they bring. Nothing of it is kept: a connection is
 * made for one question. Of the portal's own folder it takes where the bus is and whom to trust there.
 */
export function natsWorkspaceEvents(directory: string): WorkspaceEventBus {
  return {
    async signIn(credentials) {
      const [settings, caCertificate] = await Promise.all([
        readFile(join(directory, accessFiles.settings), "utf8"),
        readFile(join(directory, accessFiles.authority), "utf8"),
      ]);
      const { servers } = JSON.parse(settings) as { servers: string[] };
      const connection = await connectTo(
        { servers, credentials, caCertificate, name: "tools" },
        { timeout: CONNECT_MS, maxReconnectAttempts: 2, reconnectTimeWait: 500 },
      );
      return {
        newest: (audience) => newestNumber(connection, audience),
        kept: (audience, after) => readKept(connection, audience, { after }),
        follow: (audience, after, signal) => read(connection, audience, { after }, signal),
        say: async (audience, type, data) => void (await publish(connection, audience, type, data)),
        close: () => connection.close(),
      };
    },
  };
}
