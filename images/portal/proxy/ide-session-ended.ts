import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";

const CONTROL_MESSAGE = 2;
const HEADER_BYTES = 13;
const TIMEOUT_MS = 10_000;
/** RFC 6455: the server's policy is against it. */
const POLICY_VIOLATION = 1008;

const server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false });

/** True of the connections by which a VS Code in the browser reaches its server. */
export function isIdeConnection({ url = "" }: IncomingMessage): boolean {
  return new URLSearchParams(url.split("?", 2)[1]).has("reconnectionToken");
}

/**
 * Tells an open IDE that its session has ended. A browser doesn't say why a WebSocket was refused, so an IDE would go on
 * to look alive, and try again for three hours. To an error in its own protocol it says at once that the window has to
 * be loaded again, and that leads to the portal. (Not in its first seconds, in which it does not listen for that yet.)
 *
 * @see https://github.com/microsoft/vscode/blob/1.105.0/src/vs/platform/remote/common/remoteAgentConnection.ts `getErrorFromMessage`
 */
export function refuseEndedIdeSession(request: IncomingMessage, socket: Socket, head: Buffer): void {
  server.handleUpgrade(request, socket, head, (webSocket) => {
    const giveUp = setTimeout(() => webSocket.terminate(), TIMEOUT_MS).unref();
    webSocket.once("close", () => clearTimeout(giveUp)).on("error", () => webSocket.terminate());
    // The IDE speaks first, and listens from then on.
    webSocket.once("message", () => {
      webSocket.send(
        controlMessage({ type: "error", reason: "Your session has ended. Load this page again to sign in." }),
      );
      webSocket.close(POLICY_VIOLATION);
    });
  });
}

/** As VS Code's PersistentProtocol frames it: type, number, acknowledged number, length, and the message as JSON. */
function controlMessage(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message)),
    header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(CONTROL_MESSAGE, 0);
  header.writeUInt32BE(body.length, 9);
  return Buffer.concat([header, body]);
}
