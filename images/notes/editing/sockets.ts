import type { Hocuspocus } from "@hocuspocus/server";
import type { RawData, WebSocket } from "ws";
import type { Visitor } from "./rooms.ts";

/** Lets a visitor into the rooms over a socket that is open. */
export function serveRooms(hocuspocus: Hocuspocus<Visitor>, socket: WebSocket, visitor: Visitor): void {
  // What Hocuspocus knows of a visitor is `visitor`: neither an address nor a header of theirs decides anything.
  const connection = hocuspocus.handleConnection(socket, new Request("http://notes.invalid/"), visitor);
  socket.binaryType = "nodebuffer";
  socket.on("message", (data: RawData) => connection.handleMessage(bytesOf(data)));
  socket.on("close", (code, reason) => connection.handleClose({ code, reason: reason.toString() }));
  socket.on("error", () => socket.terminate());
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  // Not a view into a buffer that is used again.
  return new Uint8Array(data instanceof ArrayBuffer ? data : Buffer.from(data));
}
